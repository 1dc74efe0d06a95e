package org.potstill.data;

/** A WebP file (RIFF container, RFC 9649). */
record WebpFile(ByteView view, int width, int height, int orientation) implements ImageFile {

  private static final int RIFF_HEADER = 8;
  private static final int FIRST_CHUNK = 12;
  private static final int CHUNK_HEADER = 8;
  private static final int FOURTEEN_BITS = 0x3FFF;

  static WebpFile read(ByteView view) throws DamagedImageException {
    String kind = view.text(FIRST_CHUNK, 4);
    int data = FIRST_CHUNK + CHUNK_HEADER;
    int width;
    int height;
    switch (kind) {
      case "VP8X" -> {
        width = 1 + view.u24Little(data + 4);
        height = 1 + view.u24Little(data + 7);
      }
      case "VP8 " -> {
        width = view.u16Little(data + 6) & FOURTEEN_BITS;
        height = view.u16Little(data + 8) & FOURTEEN_BITS;
      }
      case "VP8L" -> {
        long bits = view.u32Little(data + 1);
        width = 1 + (int) (bits & FOURTEEN_BITS);
        height = 1 + (int) (bits >> 14 & FOURTEEN_BITS);
      }
      default -> throw new DamagedImageException("its first chunk is of no kind that WebP has");
    }
    ImageFile.requirePixels(width, height);
    return new WebpFile(view, width, height, orientation(view));
  }

  private static int orientation(ByteView view) {
    long at = FIRST_CHUNK;
    while (at + CHUNK_HEADER <= view.length()) {
      int chunk = (int) at;
      long length = view.u32Little(chunk + 4);
      if (view.text(chunk, 4).equals("EXIF") && at + CHUNK_HEADER + length <= view.length()) {
        int tiff = chunk + CHUNK_HEADER;
        // Some writers keep the prefix that belongs to JPEG only.
        int prefix = view.text(tiff, 6).equals("Exif\0\0") ? 6 : 0;
        return ExifOrientation.of(view, tiff + prefix, (int) length - prefix);
      }
      at += CHUNK_HEADER + length + (length & 1);
    }
    return ExifOrientation.UPRIGHT;
  }

  @Override
  public RawImage decode() throws DamagedImageException {
    long promised = RIFF_HEADER + view.u32Little(4);
    if (promised > view.length()) {
      throw new DamagedImageException(
          "the file ends early: it promises " + promised + " bytes and has " + view.length());
    }
    return OpenCv.decode(view.bytes());
  }
}
