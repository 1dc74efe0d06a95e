package org.potstill.data;

/**
 * A Windows bitmap.
 *
 * @param view the file
 * @param width in pixels
 * @param height in pixels
 * @param bits per pixel
 * @param compression 0 none, 1 and 2 run lengths, 3 bit fields
 */
record BmpFile(ByteView view, int width, int height, int bits, int compression)
    implements ImageFile {

  private static final int FILE_SIZE = 2;
  private static final int PIXELS_AT = 10;
  private static final int INFO = 14;
  private static final int CORE_HEADER = 12;
  private static final int SMALLEST_INFO = 40;
  private static final int LARGEST_INFO = 124;
  private static final int RUNS_OF_8 = 1;
  private static final int RUNS_OF_4 = 2;
  private static final int BIT_FIELDS = 3;

  /** Bits of a pixel of three colours of five, or with a green of six. */
  private static final int HIGH_COLOUR = 16;

  private static final int GREEN_MASK = 58;
  private static final long GREEN_OF_SIX_BITS = 0x7E0;
  private static final int RGB = 3;

  static BmpFile read(ByteView view) throws DamagedImageException {
    boolean core = view.u32Little(INFO) == CORE_HEADER;
    int width = core ? view.u16Little(INFO + 4) : view.i32Little(INFO + 4);
    // A negative height means rows from the top.
    long height = core ? view.u16Little(INFO + 6) : Math.abs((long) view.i32Little(INFO + 8));
    int bits = view.u16Little(core ? INFO + 10 : INFO + 14);
    int compression = core ? 0 : view.i32Little(INFO + 16);
    ImageFile.requirePixels(width, height);
    long header = view.u32Little(INFO);
    boolean sane = core || (header >= SMALLEST_INFO && header <= LARGEST_INFO);
    if (!sane || height > Integer.MAX_VALUE || !isKnown(bits, compression)) {
      throw new DamagedImageException("its header makes no sense");
    }
    return new BmpFile(view, width, (int) height, bits, compression);
  }

  private static boolean isKnown(int bits, int compression) {
    return switch (compression) {
      case 0 -> bits == 1 || bits == 4 || bits == 8 || bits == 16 || bits == 24 || bits == 32;
      case RUNS_OF_8 -> bits == 8;
      case RUNS_OF_4 -> bits == 4;
      case BIT_FIELDS -> bits == 16 || bits == 32;
      default -> false;
    };
  }

  @Override
  public int orientation() {
    return ExifOrientation.UPRIGHT;
  }

  @Override
  public RawImage decode() throws DamagedImageException {
    long promised = view.u32Little(FILE_SIZE);
    if (compression == 0 || compression == BIT_FIELDS) {
      // Rows end on a multiple of four bytes. The size in the file header is often wrong.
      long row = ((long) width * bits + 31) / 32 * 4;
      promised = view.u32Little(PIXELS_AT) + row * height;
    }
    if (promised > view.length()) {
      throw new DamagedImageException(
          "the file ends early: it promises " + promised + " bytes and has " + view.length());
    }
    RawImage decoded = OpenCv.decode(view.bytes());
    if (bits == HIGH_COLOUR) {
      fillLevels(decoded.pixels());
    }
    return decoded;
  }

  /** Colours of few bits come as the upper ones of a byte: white would not be 255. */
  private void fillLevels(byte[] pixels) throws DamagedImageException {
    boolean wide = compression == BIT_FIELDS && view.u32Little(GREEN_MASK) == GREEN_OF_SIX_BITS;
    for (int i = 0; i < pixels.length; i++) {
      int empty = wide && i % RGB == 1 ? 2 : 3;
      // The lowest bits are 0. As Pillow does, and down.
      pixels[i] = (byte) ((pixels[i] & 255) * 255 / (256 - (1 << empty)));
    }
  }
}
