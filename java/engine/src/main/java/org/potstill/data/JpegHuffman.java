package org.potstill.data;

/** A Huffman table of a JPEG file (ITU T.81, annex C). */
final class JpegHuffman {

  private static final int LONGEST = 16;
  private static final int QUICK = 9;

  /** Length in the upper, symbol in the lower eight bits, for every start of a code. */
  private final short[] quick = new short[1 << QUICK];

  private final int[] symbols;

  /** Per length the first code beyond those of it, moved left to 16 bits. */
  private final int[] beyond = new int[LONGEST + 1];

  /** Per length what to add to a code to get the place of its symbol. */
  private final int[] place = new int[LONGEST + 1];

  /** Reads the 16 counts and the symbols after them. */
  JpegHuffman(ByteView view, int start) {
    int total = 0;
    for (int length = 1; length <= LONGEST; length++) {
      total += view.u8(start + length - 1);
    }
    symbols = new int[total];
    for (int i = 0; i < total; i++) {
      symbols[i] = view.u8(start + LONGEST + i);
    }
    int code = 0;
    int first = 0;
    for (int length = 1; length <= LONGEST; length++) {
      int count = view.u8(start + length - 1);
      place[length] = first - code;
      for (int i = 0; i < count && length <= QUICK; i++) {
        remember(code + i, length, symbols[first + i]);
      }
      code += count;
      first += count;
      beyond[length] = code << (LONGEST - length);
      code <<= 1;
    }
  }

  private void remember(int code, int length, int symbol) {
    int from = code << (QUICK - length);
    for (int i = 0; i < 1 << (QUICK - length) && from + i < quick.length; i++) {
      quick[from + i] = (short) (length << 8 | symbol);
    }
  }

  /** Bytes that the table takes in the file, without the byte that names it. */
  int length() {
    return LONGEST + symbols.length;
  }

  /** The next symbol. */
  int next(JpegBits bits) throws DamagedImageException {
    int ahead = bits.peek16();
    int entry = quick[ahead >> (LONGEST - QUICK)];
    if (entry != 0) {
      bits.skip(entry >> 8);
      return entry & 0xFF;
    }
    for (int length = QUICK + 1; length <= LONGEST; length++) {
      if (ahead < beyond[length]) {
        bits.skip(length);
        int at = (ahead >> (LONGEST - length)) + place[length];
        return at >= 0 && at < symbols.length ? symbols[at] : damaged();
      }
    }
    return damaged();
  }

  private static int damaged() throws DamagedImageException {
    throw new DamagedImageException("its packed pixels are damaged");
  }
}
