package org.potstill.data;

/**
 * Walks through the Huffman-coded blocks of a sequential JPEG file (ITU T.81, annex F) to see that
 * they are all there, and keeps no values.
 *
 * <p>A decoder fills missing blocks with grey, and says so on the standard error stream only. Files
 * of other kinds (progressive, arithmetic) are not looked into.
 */
final class JpegBlocks {

  private static final int BASELINE = 0xC0;
  private static final int EXTENDED = 0xC1;
  private static final int HUFFMAN_TABLES = 0xC4;
  private static final int RESTART_INTERVAL = 0xDD;
  private static final int TABLES = 4;
  private static final int SIDE = 8;
  private static final int VALUES = 64;
  private static final int RUN_OF_SIXTEEN = 0xF0;
  private static final int UNKNOWN = -1;

  private final ByteView view;
  private final int frame;
  private final int components;
  private final JpegHuffman[] dc = new JpegHuffman[TABLES];
  private final JpegHuffman[] ac = new JpegHuffman[TABLES];
  private int restartInterval;

  /**
   * Blocks of the frame whose marker's code lies at {@code frame}.
   *
   * @throws IndexOutOfBoundsException here and later where the file ends
   */
  JpegBlocks(ByteView view, int frame) {
    this.view = view;
    this.frame = frame;
    components = view.u8(frame + 8);
  }

  /** Takes note of the segment whose marker's code lies at {@code at}. */
  void prepare(int at) {
    if (view.u8(at) == RESTART_INTERVAL) {
      restartInterval = view.u16Big(at + 3);
    } else if (view.u8(at) == HUFFMAN_TABLES) {
      int end = at + 1 + view.u16Big(at + 1);
      int table = at + 3;
      while (table < end) {
        JpegHuffman read = new JpegHuffman(view, table + 1);
        JpegHuffman[] kind = view.u8(table) >> 4 == 0 ? dc : ac;
        kind[view.u8(table) % TABLES] = read;
        table += 1 + read.length();
      }
    }
  }

  /**
   * Walks through the scan whose marker's code lies at {@code at}.
   *
   * @return the position after its last block, or -1 where it was not looked into
   * @throws DamagedImageException where the data end before the picture does
   */
  int check(int at) throws DamagedImageException {
    int kind = view.u8(frame);
    int count = view.u8(at + 3);
    if ((kind != BASELINE && kind != EXTENDED) || count < 1 || count > components) {
      return UNKNOWN;
    }
    JpegHuffman[] tables = new JpegHuffman[2 * count];
    int[] blocks = new int[count];
    int[] shapes = new int[count];
    for (int i = 0; i < count; i++) {
      int selector = at + 4 + 2 * i;
      shapes[i] = shape(view.u8(selector));
      tables[2 * i] = dc[(view.u8(selector + 1) >> 4) % TABLES];
      tables[2 * i + 1] = ac[view.u8(selector + 1) % TABLES];
      if (shapes[i] <= 0 || tables[2 * i] == null || tables[2 * i + 1] == null) {
        // The decoder refuses what makes no sense.
        return UNKNOWN;
      }
      blocks[i] = count == 1 ? 1 : (shapes[i] >> 4) * (shapes[i] & 15);
    }
    long units = units(count == 1 ? shapes[0] : 0);
    JpegBits bits = new JpegBits(view, at + 1 + view.u16Big(at + 1));
    walk(bits, units, blocks, tables);
    return bits.end();
  }

  private void walk(JpegBits bits, long units, int[] blocks, JpegHuffman[] tables)
      throws DamagedImageException {
    for (long unit = 0; unit < units; unit++) {
      if (restartInterval > 0 && unit > 0 && unit % restartInterval == 0) {
        bits.restart();
      }
      for (int i = 0; i < blocks.length; i++) {
        for (int block = 0; block < blocks[i]; block++) {
          skipBlock(bits, tables[2 * i], tables[2 * i + 1]);
        }
      }
    }
  }

  private static void skipBlock(JpegBits bits, JpegHuffman dc, JpegHuffman ac)
      throws DamagedImageException {
    bits.skip(dc.next(bits) & 15);
    int value = 1;
    while (value < VALUES) {
      int symbol = ac.next(bits);
      int size = symbol & 15;
      if (size == 0 && symbol != RUN_OF_SIXTEEN) {
        return;
      }
      value += (symbol >> 4) + 1;
      bits.skip(size);
    }
  }

  /** Sampling factors of a component, horizontal in the upper four bits; 0 where there is none. */
  private int shape(int component) {
    for (int i = 0; i < components; i++) {
      if (view.u8(frame + 9 + 3 * i) == component) {
        int shape = view.u8(frame + 10 + 3 * i);
        return (shape >> 4) * (shape & 15) == 0 ? 0 : shape;
      }
    }
    return 0;
  }

  /**
   * Units of a scan: blocks of the only component, or of all components together.
   *
   * @param shape of the only component, 0 where there are several
   */
  private long units(int shape) {
    int widest = 1;
    int tallest = 1;
    for (int i = 0; i < components; i++) {
      int other = view.u8(frame + 10 + 3 * i);
      widest = Math.max(widest, other >> 4);
      tallest = Math.max(tallest, other & 15);
    }
    int height = view.u16Big(frame + 4);
    int width = view.u16Big(frame + 6);
    if (shape == 0) {
      return ceilDivide(width, SIDE * widest) * ceilDivide(height, SIDE * tallest);
    }
    long columns = ceilDivide((long) width * (shape >> 4), widest);
    long rows = ceilDivide((long) height * (shape & 15), tallest);
    return ceilDivide(columns, SIDE) * ceilDivide(rows, SIDE);
  }

  private static long ceilDivide(long value, int by) {
    return (value + by - 1) / by;
  }
}
