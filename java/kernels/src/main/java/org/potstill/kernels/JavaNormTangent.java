package org.potstill.kernels;

import org.bytedeco.javacpp.FloatPointer;

/**
 * The tangents of {@link JavaNormReluPool}, one channel of one image after another, in double and
 * without regard to what {@link NormTangent} kept.
 */
final class JavaNormTangent {

  private final NormMaps maps;
  private final NormState norm;
  private final NormTangent tangent;
  private final int positions;
  private final int channels;
  private final float[] scale;
  private final float[] shift;
  private final float[] scaleTangent;
  private final float[] shiftTangent;
  private final float[] means;
  private final float[] rstds;
  private final float[] image;
  private final float[] imageTangent;
  private final double[] normed;
  private final double[] normedTangent;

  /** Means over the positions of the input's tangent, and of it times the normed value. */
  private double mean;

  private double product;

  JavaNormTangent(NormMaps maps, NormState norm, NormTangent tangent) {
    this.maps = maps;
    this.norm = norm;
    this.tangent = tangent;
    channels = Math.toIntExact(maps.channels());
    positions = Math.toIntExact(Math.multiplyExact(maps.height(), maps.width()));
    scale = read(norm.scale(), 0, channels);
    shift = read(norm.shift(), 0, channels);
    scaleTangent = read(tangent.scale(), 0, channels);
    shiftTangent = read(tangent.shift(), 0, channels);
    means = new float[channels];
    rstds = new float[channels];
    image = new float[Math.multiplyExact(positions, channels)];
    imageTangent = new float[image.length];
    normed = new double[positions];
    normedTangent = new double[positions];
  }

  private static float[] read(FloatPointer from, long position, int count) {
    float[] values = new float[count];
    Buffers.read(from, position, values, count);
    return values;
  }

  void forward(FloatPointer input, FloatPointer outputTangent) {
    float[] kept = new float[channels];
    float[] keptProducts = new float[channels];
    for (long n = 0; n < maps.images(); n++) {
      readImage(n, input);
      float[] pooled = new float[pooledPositions() * channels];
      for (int c = 0; c < channels; c++) {
        normalise(c);
        for (int p = 0; p < positions; p++) {
          int at = maps.windowOf(p);
          if (at >= 0 && isOpen(c, p)) {
            double moved =
                scaleTangent[c] * normed[p] + scale[c] * normedTangent[p] + shiftTangent[c];
            pooled[at * channels + c] += (float) (moved * share());
          }
        }
        kept[c] = (float) mean;
        keptProducts[c] = (float) product;
      }
      Buffers.write(pooled, outputTangent, n * pooled.length, pooled.length);
      Buffers.write(kept, tangent.mean(), n * channels, channels);
      Buffers.write(keptProducts, tangent.product(), n * channels, channels);
    }
  }

  void backward(
      FloatPointer input,
      FloatPointer outputGradient,
      FloatPointer outputGradientTangent,
      NormGradients tangents) {
    int pooled = pooledPositions() * channels;
    float[] found = new float[image.length];
    double[] ofScale = new double[channels];
    double[] ofShift = new double[channels];
    for (long n = 0; n < maps.images(); n++) {
      readImage(n, input);
      float[] gradient = read(outputGradient, n * pooled, pooled);
      float[] gradientTangent = read(outputGradientTangent, n * pooled, pooled);
      for (int c = 0; c < channels; c++) {
        normalise(c);
        Shares shares = spread(c, gradient, gradientTangent, found);
        ofScale[c] += shares.scale();
        ofShift[c] += shares.shift();
      }
      Buffers.write(found, tangents.input(), n * found.length, found.length);
    }
    write(ofScale, tangents.scale());
    write(ofShift, tangents.shift());
  }

  private static void write(double[] sums, FloatPointer into) {
    float[] values = new float[sums.length];
    for (int c = 0; c < sums.length; c++) {
      values[c] = (float) sums[c];
    }
    Buffers.write(values, into, 0, values.length);
  }

  /** What an image contributes to the tangents of the gradients of a channel's scale and shift. */
  private record Shares(double scale, double shift) {}

  private void readImage(long n, FloatPointer input) {
    Buffers.read(input, n * image.length, image, image.length);
    Buffers.read(tangent.input(), n * image.length, imageTangent, image.length);
    Buffers.read(norm.mean(), n * channels, means, channels);
    Buffers.read(norm.rstd(), n * channels, rstds, channels);
  }

  /** The normed values of a channel and their tangents. */
  private void normalise(int c) {
    mean = 0;
    product = 0;
    for (int p = 0; p < positions; p++) {
      normed[p] = (image[p * channels + c] - (double) means[c]) * rstds[c];
      mean += imageTangent[p * channels + c] / (double) positions;
      product += imageTangent[p * channels + c] * normed[p] / positions;
    }
    for (int p = 0; p < positions; p++) {
      normedTangent[p] = rstds[c] * (imageTangent[p * channels + c] - mean - normed[p] * product);
    }
  }

  private Shares spread(int c, float[] gradient, float[] gradientTangent, float[] found) {
    double[] slopes = new double[positions];
    double[] slopeTangents = new double[positions];
    double level = 0;
    double levelTangent = 0;
    double tilt = 0;
    double tiltTangent = 0;
    for (int p = 0; p < positions; p++) {
      int at = maps.windowOf(p);
      if (at >= 0 && isOpen(c, p)) {
        slopes[p] = gradient[at * channels + c] * share();
        slopeTangents[p] = gradientTangent[at * channels + c] * share();
      }
      level += slopes[p] / positions;
      levelTangent += slopeTangents[p] / positions;
      tilt += slopes[p] * normed[p] / positions;
      tiltTangent += (slopeTangents[p] * normed[p] + slopes[p] * normedTangent[p]) / positions;
    }
    double factor = (double) scale[c] * rstds[c];
    // The reciprocal deviation moves by -rstd^2 product.
    double factorTangent = rstds[c] * (scaleTangent[c] - factor * product);
    for (int p = 0; p < positions; p++) {
      double inner = slopes[p] - level - normed[p] * tilt;
      double innerTangent =
          slopeTangents[p] - levelTangent - normedTangent[p] * tilt - normed[p] * tiltTangent;
      found[p * channels + c] = (float) (factorTangent * inner + factor * innerTangent);
    }
    return new Shares(tiltTangent * positions, levelTangent * positions);
  }

  private boolean isOpen(int c, int p) {
    return !(normed[p] * scale[c] + shift[c] <= 0);
  }

  private double share() {
    return 1.0 / (maps.window() * maps.window());
  }

  private int pooledPositions() {
    return Math.toIntExact((maps.height() / maps.window()) * (maps.width() / maps.window()));
  }
}
