package org.potstill.score;

import java.awt.image.BufferedImage;
import java.awt.image.WritableRaster;
import org.potstill.data.RawImage;

/** Small copies of images for the gallery. */
final class Thumbnail {

  /** Longest side in pixels. */
  static final int SIDE = 96;

  private Thumbnail() {}

  /** The image itself where it is small enough, else a copy whose pixels are means of areas. */
  static RawImage of(RawImage image) {
    int longest = Math.max(image.width(), image.height());
    if (longest <= SIDE) {
      return image;
    }
    int width = Math.max(1, image.width() * SIDE / longest);
    int height = Math.max(1, image.height() * SIDE / longest);
    byte[] pixels = new byte[width * height * image.channels()];
    int at = 0;
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        for (int c = 0; c < image.channels(); c++) {
          pixels[at++] = (byte) mean(image, x, y, width, height, c);
        }
      }
    }
    return new RawImage(width, height, image.channels(), pixels);
  }

  private static int mean(RawImage image, int x, int y, int width, int height, int channel) {
    int left = (int) ((long) x * image.width() / width);
    int right = (int) ((x + 1L) * image.width() / width);
    int top = (int) ((long) y * image.height() / height);
    int bottom = (int) ((y + 1L) * image.height() / height);
    long sum = 0;
    for (int row = top; row < bottom; row++) {
      int at = (row * image.width() + left) * image.channels() + channel;
      for (int column = left; column < right; column++, at += image.channels()) {
        sum += image.pixels()[at] & 0xFF;
      }
    }
    long area = (long) (right - left) * (bottom - top);
    return (int) ((sum + area / 2) / area);
  }

  /** The picture as the PNG writer takes it. */
  static BufferedImage picture(RawImage image) {
    int type = image.channels() == 3 ? BufferedImage.TYPE_INT_RGB : BufferedImage.TYPE_BYTE_GRAY;
    BufferedImage picture = new BufferedImage(image.width(), image.height(), type);
    // Samples go into the raster as they are: colours would be converted.
    WritableRaster raster = picture.getRaster();
    int at = 0;
    for (int y = 0; y < image.height(); y++) {
      for (int x = 0; x < image.width(); x++) {
        for (int c = 0; c < image.channels(); c++) {
          raster.setSample(x, y, c, image.pixels()[at++] & 0xFF);
        }
      }
    }
    return picture;
  }
}
