package org.potstill.kernels;

import org.bytedeco.javacpp.FloatPointer;

/** Instance norm, ReLU and average pooling, one channel of one image after another, in double. */
final class JavaNormReluPool {

  private final NormMaps maps;
  private final NormState norm;
  private final int height;
  private final int width;
  private final int channels;
  private final int window;
  private final double share;
  private final float[] scale;
  private final float[] shift;
  private final float[] image;
  private final float[] pooled;
  private final double[] normed;
  private double mean;
  private double rstd;

  JavaNormReluPool(NormMaps maps, NormState norm) {
    this.maps = maps;
    this.norm = norm;
    height = Math.toIntExact(maps.height());
    width = Math.toIntExact(maps.width());
    channels = Math.toIntExact(maps.channels());
    window = maps.window();
    share = 1.0 / (window * window);
    scale = new float[channels];
    shift = new float[channels];
    Buffers.read(norm.scale(), 0, scale, channels);
    Buffers.read(norm.shift(), 0, shift, channels);
    normed = new double[Math.multiplyExact(height, width)];
    image = new float[Math.multiplyExact(normed.length, channels)];
    pooled = new float[(height / window) * (width / window) * channels];
  }

  void forward(FloatPointer input, FloatPointer output) {
    float[] means = new float[channels];
    float[] rstds = new float[channels];
    for (long n = 0; n < maps.images(); n++) {
      Buffers.read(input, n * image.length, image, image.length);
      for (int c = 0; c < channels; c++) {
        takeStatistics(c);
        pool(c);
        means[c] = (float) mean;
        rstds[c] = (float) rstd;
      }
      Buffers.write(pooled, output, n * pooled.length, pooled.length);
      Buffers.write(means, norm.mean(), n * channels, channels);
      Buffers.write(rstds, norm.rstd(), n * channels, channels);
    }
  }

  private void takeStatistics(int c) {
    mean = 0;
    for (int p = 0; p < normed.length; p++) {
      mean += image[p * channels + c];
    }
    mean /= normed.length;
    double variance = 0;
    for (int p = 0; p < normed.length; p++) {
      double deviation = image[p * channels + c] - mean;
      variance += deviation * deviation;
    }
    rstd = 1 / Math.sqrt(variance / normed.length + norm.epsilon());
  }

  private void pool(int c) {
    double[] sums = new double[pooled.length / Math.max(1, channels)];
    for (int p = 0; p < normed.length; p++) {
      int at = maps.windowOf(p);
      double y = (image[p * channels + c] - mean) * rstd * scale[c] + shift[c];
      if (at >= 0 && isOpen(y)) {
        sums[at] += y * share;
      }
    }
    for (int at = 0; at < sums.length; at++) {
      pooled[at * channels + c] = (float) sums[at];
    }
  }

  void backward(FloatPointer input, FloatPointer outputGradient, NormGradients gradients) {
    double[] scaleSums = new double[channels];
    double[] shiftSums = new double[channels];
    float[] means = new float[channels];
    float[] rstds = new float[channels];
    for (long n = 0; n < maps.images(); n++) {
      Buffers.read(input, n * image.length, image, image.length);
      Buffers.read(outputGradient, n * pooled.length, pooled, pooled.length);
      Buffers.read(norm.mean(), n * channels, means, channels);
      Buffers.read(norm.rstd(), n * channels, rstds, channels);
      for (int c = 0; c < channels; c++) {
        mean = means[c];
        rstd = rstds[c];
        spread(c, scaleSums, shiftSums);
      }
      Buffers.write(image, gradients.input(), n * image.length, image.length);
    }
    Buffers.write(Buffers.narrowed(scaleSums), gradients.scale(), 0, channels);
    Buffers.write(Buffers.narrowed(shiftSums), gradients.shift(), 0, channels);
  }

  /** Overwrites the channel in {@code image} with its gradient. */
  private void spread(int c, double[] scaleSums, double[] shiftSums) {
    double[] slopes = new double[normed.length];
    double ofScale = 0;
    double ofShift = 0;
    for (int p = 0; p < normed.length; p++) {
      normed[p] = (image[p * channels + c] - mean) * rstd;
      int at = maps.windowOf(p);
      if (at >= 0 && isOpen(normed[p] * scale[c] + shift[c])) {
        slopes[p] = pooled[at * channels + c] * share;
      }
      ofShift += slopes[p];
      ofScale += slopes[p] * normed[p];
    }
    scaleSums[c] += ofScale;
    shiftSums[c] += ofShift;
    for (int p = 0; p < normed.length; p++) {
      double common = (ofShift + normed[p] * ofScale) / normed.length;
      image[p * channels + c] = (float) (scale[c] * rstd * (slopes[p] - common));
    }
  }

  /** NaN goes through. */
  private boolean isOpen(double y) {
    return !maps.relu() || !(y <= 0);
  }
}
