package org.potstill.kernels;

import org.bytedeco.javacpp.FloatPointer;

/** The oracle of {@link Kernels#featureMean}. */
final class JavaFeatureMean {

  private JavaFeatureMean() {}

  static double run(
      FloatPointer real,
      long[] realOffsets,
      FloatPointer synthetic,
      long[] syntheticOffsets,
      int features,
      double[] perClass,
      FloatPointer gradient) {
    double total = 0;
    for (int c = 0; c + 1 < realOffsets.length; c++) {
      double[] difference = mean(synthetic, syntheticOffsets[c], syntheticOffsets[c + 1], features);
      double[] target = mean(real, realOffsets[c], realOffsets[c + 1], features);
      double loss = 0;
      for (int f = 0; f < features; f++) {
        difference[f] -= target[f];
        loss += difference[f] * difference[f];
      }
      if (perClass != null) {
        perClass[c] = loss;
      }
      if (gradient != null) {
        writeGradient(difference, syntheticOffsets[c], syntheticOffsets[c + 1], gradient);
      }
      total += loss;
    }
    return total;
  }

  private static double[] mean(FloatPointer rows, long from, long to, int features) {
    double[] sum = new double[features];
    float[] row = new float[features];
    for (long r = from; r < to; r++) {
      Buffers.read(rows, r * features, row, features);
      for (int f = 0; f < features; f++) {
        sum[f] += row[f];
      }
    }
    for (int f = 0; f < features; f++) {
      sum[f] /= to - from;
    }
    return sum;
  }

  /** Every row of a class has the gradient {@code 2 (mean_syn - mean_real) / rows}. */
  private static void writeGradient(double[] difference, long from, long to, FloatPointer into) {
    float[] row = new float[difference.length];
    for (int f = 0; f < row.length; f++) {
      row[f] = (float) (2 * difference[f] / (to - from));
    }
    for (long r = from; r < to; r++) {
      Buffers.write(row, into, r * row.length, row.length);
    }
  }
}
