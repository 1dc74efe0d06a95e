package org.potstill.data;

/**
 * EXIF orientation (tag 0x0112): how the stored picture is turned to stand upright.
 *
 * <p>1 as stored, 2 mirrored left to right, 3 turned by 180 degrees, 4 mirrored top to bottom, 5
 * transposed, 6 to be turned clockwise, 7 transposed along the other diagonal, 8 to be turned
 * anticlockwise.
 */
final class ExifOrientation {

  /** As stored. */
  static final int UPRIGHT = 1;

  private static final int TAG = 0x0112;
  private static final int SHORT = 3;
  private static final int ENTRY = 12;

  private ExifOrientation() {}

  /** The orientation in a TIFF structure, or upright where it has none or makes no sense. */
  static int of(ByteView view, int start, int length) {
    try {
      boolean little = view.text(start, 2).equals("II");
      if (!little && !view.text(start, 2).equals("MM")) {
        return UPRIGHT;
      }
      long directory = u32(view, start + 4, little);
      if (directory > length - 2) {
        return UPRIGHT;
      }
      int at = start + (int) directory;
      int entries = u16(view, at, little);
      for (int i = 0; i < entries; i++) {
        int entry = at + 2 + ENTRY * i;
        if (u16(view, entry, little) == TAG && u16(view, entry + 2, little) == SHORT) {
          int value = u16(view, entry + 8, little);
          return value >= 1 && value <= 8 ? value : UPRIGHT;
        }
      }
    } catch (IndexOutOfBoundsException e) {
      return UPRIGHT;
    }
    return UPRIGHT;
  }

  private static int u16(ByteView view, int at, boolean little) {
    return little ? view.u16Little(at) : view.u16Big(at);
  }

  private static long u32(ByteView view, int at, boolean little) {
    return little ? view.u32Little(at) : view.u32Big(at);
  }

  /** The image standing upright. */
  static RawImage upright(RawImage image, int orientation) {
    if (orientation == UPRIGHT) {
      return image;
    }
    boolean sideways = orientation >= 5;
    int width = sideways ? image.height() : image.width();
    int height = sideways ? image.width() : image.height();
    int channels = image.channels();
    byte[] pixels = new byte[image.pixels().length];
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        int from = source(image, orientation, x, y) * channels;
        System.arraycopy(image.pixels(), from, pixels, (y * width + x) * channels, channels);
      }
    }
    return new RawImage(width, height, channels, pixels);
  }

  private static int source(RawImage image, int orientation, int x, int y) {
    int right = image.width() - 1;
    int bottom = image.height() - 1;
    int column =
        switch (orientation) {
          case 2, 3 -> right - x;
          case 5, 6 -> y;
          case 7, 8 -> right - y;
          default -> x;
        };
    int row =
        switch (orientation) {
          case 3, 4 -> bottom - y;
          case 5, 8 -> x;
          case 6, 7 -> bottom - x;
          default -> y;
        };
    return row * image.width() + column;
  }
}
