package org.potstill.kernels;

import java.util.List;
import org.bytedeco.javacpp.FloatPointer;

/**
 * The oracle of {@link Kernels#gradientMatch}. With {@code a} real and {@code b} synthetic, {@code
 * d = |a||b| + 1e-6}: {@code 1 - a.b / d} has the gradient {@code -a/d + (a.b)|a| b / (|b| d^2)}
 * with respect to {@code b}, whose second term is 0 at {@code b = 0} (the subgradient LibTorch
 * takes).
 */
final class JavaGradientMatch {

  /** Added to the product of the norms (Zhao, Mopuri and Bilen 2021, published code). */
  static final double EPSILON = 1e-6;

  private JavaGradientMatch() {}

  static double layerwise(
      List<long[]> shapes,
      long[] sizes,
      List<FloatPointer> real,
      List<FloatPointer> synthetic,
      List<FloatPointer> gradients) {
    long[] rows = Arguments.countedRows(shapes);
    double total = 0;
    for (int t = 0; t < sizes.length; t++) {
      FloatPointer gradient = gradients == null ? null : gradients.get(t);
      if (rows[t] == 0) {
        affine(sizes[t], real.get(t), 0, 0, synthetic.get(t), 0, gradient);
        continue;
      }
      long length = sizes[t] / rows[t];
      for (long r = 0; r < rows[t]; r++) {
        double[] m = moments(length, real.get(t), synthetic.get(t), r * length);
        total += 1 - m[0] / denominator(m);
        writeCosine(m, length, real.get(t), synthetic.get(t), r * length, gradient);
      }
    }
    return total;
  }

  static double cosine(
      long[] sizes,
      List<FloatPointer> real,
      List<FloatPointer> synthetic,
      List<FloatPointer> gradients) {
    double[] m = new double[3];
    for (int t = 0; t < sizes.length; t++) {
      double[] one = moments(sizes[t], real.get(t), synthetic.get(t), 0);
      for (int k = 0; k < m.length; k++) {
        m[k] += one[k];
      }
    }
    for (int t = 0; t < sizes.length && gradients != null; t++) {
      writeCosine(m, sizes[t], real.get(t), synthetic.get(t), 0, gradients.get(t));
    }
    return 1 - m[0] / denominator(m);
  }

  static double squared(
      long[] sizes,
      List<FloatPointer> real,
      List<FloatPointer> synthetic,
      List<FloatPointer> gradients) {
    double total = 0;
    for (int t = 0; t < sizes.length; t++) {
      double[] m = new double[1];
      ForEach.pair(
          sizes[t],
          real.get(t),
          synthetic.get(t),
          0,
          (a, b) -> m[0] += ((double) b - a) * ((double) b - a));
      total += m[0];
      affine(
          sizes[t],
          real.get(t),
          0,
          -2,
          synthetic.get(t),
          2,
          gradients == null ? null : gradients.get(t));
    }
    return total;
  }

  private static double denominator(double[] m) {
    return Math.sqrt(m[1]) * Math.sqrt(m[2]) + EPSILON;
  }

  /** a.b, a.a and b.b. */
  private static double[] moments(long length, FloatPointer a, FloatPointer b, long offset) {
    double[] m = new double[3];
    ForEach.pair(
        length,
        a,
        b,
        offset,
        (x, y) -> {
          m[0] += (double) x * y;
          m[1] += (double) x * x;
          m[2] += (double) y * y;
        });
    return m;
  }

  private static void writeCosine(
      double[] m, long length, FloatPointer a, FloatPointer b, long offset, FloatPointer into) {
    double d = denominator(m);
    double normB = Math.sqrt(m[2]);
    double ofB = normB == 0 ? 0 : m[0] * Math.sqrt(m[1]) / (normB * d * d);
    affine(length, a, offset, -1 / d, b, ofB, into);
  }

  /** {@code into = ofA a + ofB b}; exactly 0 where both factors are. */
  private static void affine(
      long length,
      FloatPointer a,
      long offset,
      double ofA,
      FloatPointer b,
      double ofB,
      FloatPointer into) {
    if (into == null) {
      return;
    }
    ForEach.mapPair(
        length,
        a,
        b,
        offset,
        into,
        (x, y) -> ofA == 0 && ofB == 0 ? 0f : (float) (ofA * x + ofB * y));
  }
}
