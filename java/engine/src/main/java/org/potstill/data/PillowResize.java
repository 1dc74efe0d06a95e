package org.potstill.data;

import java.util.Arrays;

/**
 * Pillow's bilinear resize of 8-bit images: a triangle filter as wide as the inputs that fall on
 * one output, first across columns, then across rows, each with a rounding to bytes, in fixed-point
 * arithmetic with 22 fractional bits.
 */
final class PillowResize {

  private static final int FRACTION = 22;
  private static final int HALF = 1 << (FRACTION - 1);

  private PillowResize() {}

  /** The image at another size, bit for bit as Pillow makes it. */
  static RawImage resize(RawImage image, int width, int height) {
    RawImage narrow =
        image.width() == width ? image : acrossColumns(image, new Taps(image.width(), width));
    return image.height() == height ? narrow : acrossRows(narrow, new Taps(image.height(), height));
  }

  /** The fixed-point weights of one axis. */
  private static final class Taps {

    final int[] first;
    final int[][] weights;

    Taps(int input, int output) {
      first = new int[output];
      weights = new int[output][];
      double scale = (double) input / output;
      double support = Math.max(scale, 1);
      for (int i = 0; i < output; i++) {
        double centre = (i + 0.5) * scale;
        first[i] = Math.max((int) (centre - support + 0.5), 0);
        int end = Math.min((int) (centre + support + 0.5), input);
        weights[i] = fixedPoint(triangle(first[i], end, centre, 1 / support));
      }
    }

    private static double[] triangle(int from, int to, double centre, double inverse) {
      double[] mix = new double[to - from];
      double total = 0;
      for (int j = 0; j < mix.length; j++) {
        mix[j] = Math.max(0, 1 - Math.abs((j + from - centre + 0.5) * inverse));
        total += mix[j];
      }
      for (int j = 0; j < mix.length; j++) {
        mix[j] /= total;
      }
      return mix;
    }

    private static int[] fixedPoint(double[] mix) {
      int[] fixed = new int[mix.length];
      for (int j = 0; j < mix.length; j++) {
        fixed[j] = (int) (0.5 + mix[j] * (1 << FRACTION));
      }
      return fixed;
    }
  }

  private static RawImage acrossColumns(RawImage image, Taps taps) {
    int width = taps.first.length;
    int channels = image.channels();
    byte[] in = image.pixels();
    byte[] out = new byte[width * image.height() * channels];
    int to = 0;
    for (int y = 0; y < image.height(); y++) {
      int row = y * image.width() * channels;
      for (int x = 0; x < width; x++) {
        int[] mix = taps.weights[x];
        int from = row + taps.first[x] * channels;
        for (int c = 0; c < channels; c++) {
          int sum = HALF;
          for (int j = 0; j < mix.length; j++) {
            sum += mix[j] * (in[from + j * channels + c] & 0xFF);
          }
          out[to++] = toByte(sum);
        }
      }
    }
    return new RawImage(width, image.height(), channels, out);
  }

  private static RawImage acrossRows(RawImage image, Taps taps) {
    int height = taps.first.length;
    int stride = image.width() * image.channels();
    byte[] in = image.pixels();
    byte[] out = new byte[height * stride];
    int[] sums = new int[stride];
    for (int y = 0; y < height; y++) {
      Arrays.fill(sums, HALF);
      int[] mix = taps.weights[y];
      for (int j = 0; j < mix.length; j++) {
        int from = (taps.first[y] + j) * stride;
        for (int i = 0; i < stride; i++) {
          sums[i] += mix[j] * (in[from + i] & 0xFF);
        }
      }
      for (int i = 0; i < stride; i++) {
        out[y * stride + i] = toByte(sums[i]);
      }
    }
    return new RawImage(image.width(), height, image.channels(), out);
  }

  private static byte toByte(int sum) {
    return (byte) Math.min(255, Math.max(0, sum >> FRACTION));
  }
}
