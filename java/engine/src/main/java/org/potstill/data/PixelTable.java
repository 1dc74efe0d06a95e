package org.potstill.data;

import java.util.List;

/** The normalised value of every byte in every channel, in the reference's single precision. */
final class PixelTable {

  private static final int LEVELS = 256;
  private static final float WHITE = 255;

  private final float[][] values;

  PixelTable(Normalisation normalisation) {
    List<Double> mean = normalisation.mean();
    List<Double> std = normalisation.std();
    values = new float[mean.size()][LEVELS];
    for (int c = 0; c < values.length; c++) {
      for (int level = 0; level < LEVELS; level++) {
        float unit = level / WHITE;
        values[c][level] = (unit - mean.get(c).floatValue()) / std.get(c).floatValue();
      }
    }
  }

  int channels() {
    return values.length;
  }

  /** The 256 values of one channel. */
  float[] channel(int c) {
    return values[c];
  }

  /**
   * Which channel of an image feeds a channel of the result; grey images feed all three.
   *
   * @throws IllegalArgumentException where colour would have to become grey
   */
  int sourceChannel(RawImage image, int c) {
    if (image.channels() == channels()) {
      return c;
    }
    if (image.channels() == 1) {
      return 0;
    }
    throw new IllegalArgumentException(
        "an image of " + image.channels() + " channels cannot become one of " + channels());
  }
}
