package org.potstill.data;

/**
 * The header chunk of a PNG file.
 *
 * @param width in pixels
 * @param height in pixels
 * @param depth bits per sample
 * @param colour 0 grey, 2 RGB, 3 palette, 4 grey and alpha, 6 RGBA
 * @param interlaced whether the pixels come in the seven passes of Adam7
 */
record PngHeader(int width, int height, int depth, int colour, boolean interlaced) {

  private static final int PALETTE = 3;

  /** Columns and rows of the passes of Adam7: first column, first row, column and row steps. */
  private static final int[][] ADAM7 = {
    {0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4}, {0, 2, 2, 4}, {1, 0, 2, 2}, {0, 1, 1, 2}
  };

  private static final int[][] WHOLE = {{0, 0, 1, 1}};

  /** Reads the data of the chunk. */
  static PngHeader read(ByteView view, int at) throws DamagedImageException {
    long width = view.u32Big(at);
    long height = view.u32Big(at + 4);
    ImageFile.requirePixels(width, height);
    int depth = view.u8(at + 8);
    int colour = view.u8(at + 9);
    boolean known =
        switch (colour) {
          case 0 -> Integer.bitCount(depth) == 1 && depth <= 16;
          case PALETTE -> Integer.bitCount(depth) == 1 && depth <= 8;
          case 2, 4, 6 -> depth == 8 || depth == 16;
          default -> false;
        };
    boolean plain = view.u8(at + 10) == 0 && view.u8(at + 11) == 0 && view.u8(at + 12) <= 1;
    if (!known || !plain || width > Integer.MAX_VALUE || height > Integer.MAX_VALUE) {
      throw new DamagedImageException("its header makes no sense");
    }
    return new PngHeader((int) width, (int) height, depth, colour, view.u8(at + 12) == 1);
  }

  boolean hasPalette() {
    return colour == PALETTE;
  }

  int[][] passes() {
    return interlaced ? ADAM7 : WHOLE;
  }

  /** Bytes of one row of a pass, without the filter byte; 0 where the pass has no pixels. */
  long rowBytes(int[] pass) {
    long columns = ceilDivide((long) width - pass[0], pass[2]);
    return (columns * samples() * depth + 7) / 8;
  }

  /** Number of rows of a pass. */
  long rows(int[] pass) {
    return rowBytes(pass) == 0 ? 0 : ceilDivide((long) height - pass[1], pass[3]);
  }

  private static long ceilDivide(long value, int step) {
    return Math.max(0, (value + step - 1) / step);
  }

  private int samples() {
    return switch (colour) {
      case 2 -> 3;
      case 4 -> 2;
      case 6 -> 4;
      default -> 1;
    };
  }
}
