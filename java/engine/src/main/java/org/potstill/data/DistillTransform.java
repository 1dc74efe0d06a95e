package org.potstill.data;

/**
 * Pixels from 0 to 1, normalised, the shorter side resized to the resolution by bilinear
 * interpolation, cut to the centre square.
 */
final class DistillTransform implements ImageTransform {

  private final int resolution;
  private final boolean antialias;
  private final PixelTable table;

  DistillTransform(Normalisation normalisation, int resolution, boolean antialias) {
    this.resolution = resolution;
    this.antialias = antialias;
    table = new PixelTable(normalisation);
  }

  @Override
  public int channels() {
    return table.channels();
  }

  @Override
  public int resolution() {
    return resolution;
  }

  @Override
  public float[] apply(RawImage image) {
    float[] result = new float[channels() * resolution * resolution];
    if (image.width() == resolution && image.height() == resolution) {
      copy(image, result);
      return result;
    }
    int shorter = Math.min(image.width(), image.height());
    AxisWeights columns = axis(image.width(), shorter);
    AxisWeights rows = axis(image.height(), shorter);
    for (int c = 0; c < channels(); c++) {
      float[] narrow = acrossColumns(image, c, columns, rows.begin(), rows.end());
      acrossRows(narrow, rows, result, c * resolution * resolution);
    }
    return result;
  }

  private AxisWeights axis(int side, int shorter) {
    int resized = CentreCrop.resized(side, shorter, resolution);
    return AxisWeights.of(side, resized, resolution, antialias);
  }

  private void copy(RawImage image, float[] result) {
    int plane = resolution * resolution;
    for (int c = 0; c < channels(); c++) {
      float[] values = table.channel(c);
      int at = table.sourceChannel(image, c);
      for (int i = 0; i < plane; i++, at += image.channels()) {
        result[c * plane + i] = values[image.pixels()[at] & 0xFF];
      }
    }
  }

  /** The needed rows of one channel, every row already at its final width. */
  private float[] acrossColumns(RawImage image, int c, AxisWeights columns, int begin, int end) {
    float[] values = table.channel(c);
    int channel = table.sourceChannel(image, c);
    int step = image.channels();
    byte[] pixels = image.pixels();
    float[] narrow = new float[(end - begin) * resolution];
    for (int y = begin; y < end; y++) {
      int row = y * image.width() * step + channel;
      for (int x = 0; x < resolution; x++) {
        float[] mix = columns.weights()[x];
        int at = row + columns.first()[x] * step;
        float sum = 0;
        for (int j = 0; j < mix.length; j++, at += step) {
          sum += mix[j] * values[pixels[at] & 0xFF];
        }
        narrow[(y - begin) * resolution + x] = sum;
      }
    }
    return narrow;
  }

  private void acrossRows(float[] narrow, AxisWeights rows, float[] result, int start) {
    int begin = rows.begin();
    for (int y = 0; y < resolution; y++) {
      float[] mix = rows.weights()[y];
      int out = start + y * resolution;
      for (int j = 0; j < mix.length; j++) {
        int in = (rows.first()[y] - begin + j) * resolution;
        for (int x = 0; x < resolution; x++) {
          result[out + x] += mix[j] * narrow[in + x];
        }
      }
    }
  }
}
