package org.potstill.data;

/**
 * A JPEG file (ITU T.81): segments, each a marker and a length, and entropy-coded data.
 *
 * @param view the file
 * @param width of the frame
 * @param height of the frame
 * @param orientation of EXIF
 * @param scan where the first scan begins
 */
record JpegFile(ByteView view, int width, int height, int orientation, int scan)
    implements ImageFile {

  private static final int START_OF_SCAN = 0xDA;
  private static final int END_OF_IMAGE = 0xD9;
  private static final int FIRST_RESTART = 0xD0;
  private static final int TEMPORARY = 0x01;
  private static final int EXIF_SEGMENT = 0xE1;

  static JpegFile read(ByteView view) throws DamagedImageException {
    int frame = -1;
    int orientation = ExifOrientation.UPRIGHT;
    int at = nextMarker(view, 2);
    while (view.u8(at) != START_OF_SCAN) {
      int marker = view.u8(at);
      if (marker == END_OF_IMAGE) {
        throw new DamagedImageException("it has no picture, only a header");
      }
      int length = hasLength(marker) ? view.u16Big(at + 1) : 0;
      if (isFrame(marker)) {
        frame = at + 3;
      } else if (marker == EXIF_SEGMENT && view.text(at + 3, 6).equals("Exif\0\0")) {
        orientation = ExifOrientation.of(view, at + 9, length - 8);
      }
      at = nextMarker(view, at + 1 + length);
    }
    if (frame < 0) {
      throw new DamagedImageException("its header lacks the size of the picture");
    }
    int height = view.u16Big(frame + 1);
    int width = view.u16Big(frame + 3);
    ImageFile.requirePixels(width, height);
    return new JpegFile(view, width, height, orientation, at);
  }

  /** The position of the next marker's code: a byte after 0xFF that is neither 0 nor 0xFF. */
  private static int nextMarker(ByteView view, int from) {
    int at = from;
    while (true) {
      while (view.u8(at) != 0xFF) {
        at++;
      }
      while (view.u8(at) == 0xFF) {
        at++;
      }
      if (view.u8(at) != 0) {
        return at;
      }
    }
  }

  private static boolean hasLength(int marker) {
    return marker != TEMPORARY && (marker < FIRST_RESTART || marker > END_OF_IMAGE);
  }

  /** Start of frame: 0xC0 to 0xCF without the tables 0xC4 and 0xCC and the reserved 0xC8. */
  private static boolean isFrame(int marker) {
    return marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
  }

  @Override
  public byte[] checked() throws DamagedImageException {
    try {
      int at = scan;
      while (view.u8(at) != END_OF_IMAGE) {
        int marker = view.u8(at);
        // In entropy-coded data 0xFF is followed by 0 or a restart marker, which have no length.
        at = nextMarker(view, at + 1 + (hasLength(marker) ? view.u16Big(at + 1) : 0));
      }
      return view.bytes();
    } catch (IndexOutOfBoundsException e) {
      throw new DamagedImageException("the file ends early: it has no end-of-image marker");
    }
  }
}
