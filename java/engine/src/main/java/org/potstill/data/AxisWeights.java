package org.potstill.data;

import java.util.Arrays;

/**
 * How the values of one axis are mixed into those of the resized axis: output {@code i} is the sum
 * over {@code j} of {@code weights[i][j] * input[first[i] + j]}.
 *
 * <p>Precisions are those of the reference, since positions far from the edge differ in the fifth
 * digit otherwise; only the outputs of the centre crop are kept.
 */
@SuppressWarnings("ArrayRecordComponent") // Weights are applied, never compared.
record AxisWeights(int[] first, float[][] weights) {

  private static final float HALF = 0.5f;

  /**
   * The centre {@code crop} outputs of {@code input} values resized to {@code output}.
   *
   * @param antialias whether shrinking widens the filter
   */
  static AxisWeights of(int input, int output, int crop, boolean antialias) {
    int offset = CentreCrop.offset(output, crop);
    int[] first = new int[crop];
    float[][] weights = new float[crop][];
    float scale = (float) input / output;
    for (int i = 0; i < crop; i++) {
      int position = i + offset;
      if (input == output) {
        first[i] = position;
        weights[i] = new float[] {1};
      } else if (antialias) {
        antialiased(input, scale, position, i, first, weights);
      } else {
        linear(input, scale, position, i, first, weights);
      }
    }
    return new AxisWeights(first, weights);
  }

  /** Plain linear interpolation between the two nearest inputs, half-pixel centres. */
  private static void linear(
      int input, float scale, int position, int i, int[] first, float[][] weights) {
    // The reference has the scale in single precision and the position in double.
    double source = Math.max(0, scale * (position + 0.5) - 0.5);
    int low = Math.min((int) source, input - 1);
    float right = (float) Math.min(source - low, 1);
    first[i] = low;
    weights[i] = low + 1 < input ? new float[] {1 - right, right} : new float[] {1};
  }

  /** A triangle as wide as the inputs that fall on one output, normalised to a sum of one. */
  private static void antialiased(
      int input, float scale, int position, int i, int[] first, float[][] weights) {
    float support = Math.max(scale, 1);
    float inverse = 1 / support;
    float centre = scale * (position + HALF);
    int from = Math.max((int) (centre - support + HALF), 0);
    int to = Math.min((int) (centre + support + HALF), input);
    float[] mix = new float[to - from];
    float total = 0;
    for (int j = 0; j < mix.length; j++) {
      mix[j] = Math.max(0, 1 - Math.abs((j + from - centre + HALF) * inverse));
      total += mix[j];
    }
    for (int j = 0; j < mix.length; j++) {
      mix[j] /= total;
    }
    first[i] = from;
    weights[i] = mix;
  }

  /** The first input that any output needs. */
  int begin() {
    return Arrays.stream(first).min().orElse(0);
  }

  /** One past the last input that any output needs. */
  int end() {
    int end = 0;
    for (int i = 0; i < first.length; i++) {
      end = Math.max(end, first[i] + weights[i].length);
    }
    return end;
  }
}
