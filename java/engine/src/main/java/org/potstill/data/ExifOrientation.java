package org.potstill.data;

import com.drew.lang.ByteArrayReader;
import com.drew.metadata.Metadata;
import com.drew.metadata.exif.ExifIFD0Directory;
import com.drew.metadata.exif.ExifReader;
import java.util.Arrays;

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

  private static final int LARGEST = 8;

  private ExifOrientation() {}

  /** The orientation in a TIFF structure, or upright where it has none or makes no sense. */
  static int of(ByteView view, int start, int length) {
    int end = Math.min(view.length(), start + length);
    if (start >= end) {
      return UPRIGHT;
    }
    Metadata metadata = new Metadata();
    byte[] structure = Arrays.copyOfRange(view.bytes(), start, end);
    new ExifReader().extract(new ByteArrayReader(structure), metadata);
    ExifIFD0Directory first = metadata.getFirstDirectoryOfType(ExifIFD0Directory.class);
    Integer value = first == null ? null : first.getInteger(ExifIFD0Directory.TAG_ORIENTATION);
    return value != null && value >= UPRIGHT && value <= LARGEST ? value : UPRIGHT;
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
