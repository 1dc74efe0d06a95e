package org.potstill.kernels;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import org.bytedeco.javacpp.FloatPointer;
import org.junit.jupiter.api.Test;

/** How every native provider must resample, against {@link JavaKernels} on random data. */
abstract class ResamplingOracleCases extends ResamplingCases {

  /** Of sums of a few hundred products in single precision, relative to the largest result. */
  static final double RESAMPLING_TOLERANCE = 2e-6;

  private static final int[] WIDTHS = {1, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 64, 65, 130};
  private static final int PLANES = 4;
  private static final int CHANNELS = 2;

  private final Kernels exact = new JavaKernels();
  private final RandomBuffers drawn = new RandomBuffers();
  private final FirFilter twelve = FirFilter.separable(drawn.normal(12, 0.4f), 12);
  private final FirFilter five = FirFilter.separable(drawn.normal(5, 0.4f), 5);
  private final FirFilter matrix = FirFilter.matrix(drawn.normal(12, 0.4f), 3, 4);

  /** The provider under test with another number of threads. */
  abstract Kernels withThreads(int threads);

  @Test
  void upFirDnEqualsOracle() {
    int[][] factors = {{1, 1}, {2, 1}, {1, 2}, {2, 2}, {4, 2}, {1, 4}, {3, 5}};
    for (FirFilter filter : new FirFilter[] {twelve, five, matrix, FirFilter.NONE}) {
      for (int[] factor : factors) {
        for (int width : WIDTHS) {
          int height = width == 130 ? 50 : 6;
          assertUpFirDn(height, width, filter, factor[0], factor[1]);
        }
      }
    }
  }

  private void assertUpFirDn(int height, int width, FirFilter filter, int up, int down) {
    Resampling odd = new Resampling(up, 1, down, 2, 13, 11, 12, -1, width % 2 == 0, 1.5);
    for (Resampling of : new Resampling[] {odd, Resampling.square(up, down, 12, 11, false, -2)}) {
      FloatPointer input = drawn.normal((long) PLANES * height * width, 1);
      long out = PLANES * of.outHeight(height, filter) * of.outWidth(width, filter);
      float[] expected = upFirDn(exact, input, height, width, of, filter, out);
      float[] found = upFirDn(kernels(), input, height, width, of, filter, out);
      String name = height + " by " + width + ", " + of + ", taps " + filter.columns();
      assertNear(name, expected, found);
      assertArrayEquals(found, upFirDn(withThreads(3), input, height, width, of, filter, out));
      // The other way round it is the gradient; as long as the input.
      Resampling back = of.transposed(height, width, filter);
      assertEquals(height, back.outHeight(of.outHeight(height, filter), filter));
      assertEquals(width, back.outWidth(of.outWidth(width, filter), filter));
    }
  }

  private static float[] upFirDn(
      Kernels kernels,
      FloatPointer input,
      int height,
      int width,
      Resampling of,
      FirFilter filter,
      long out) {
    FloatPointer output = new FloatPointer(out + 2);
    output.put(out + 1, 77);
    kernels.upFirDn(input, PLANES, height, width, of, filter, output.getPointer(1));
    assertEquals(77, output.get(out + 1));
    return KernelCases.floats(output.getPointer(1), (int) out);
  }

  @Test
  void filteredLeakyReluEqualsOracle() {
    for (int width : WIDTHS) {
      int height = width == 130 ? 50 : 9;
      assertActivation(height, width, activation(2, 2, 12, 256, twelve, twelve));
      assertActivation(height, width, activation(4, 2, 20, 1, twelve, twelve));
      assertActivation(height, width, activation(2, 4, 18, 1, five, twelve));
      assertActivation(height, width, activation(2, 2, 12, 0.5, matrix, five));
      assertActivation(height, width, activation(3, 2, 12, 0.5, five, matrix));
      assertActivation(height, width, activation(1, 2, 6, 1, FirFilter.NONE, five));
      assertActivation(
          height, width, activation(1, 1, 0, Double.POSITIVE_INFINITY, five, FirFilter.NONE));
      assertActivation(height, width, activation(1, 1, 0, 1, FirFilter.NONE, FirFilter.NONE));
    }
  }

  @Test
  void filteredLeakyReluEqualsOracleWhereItCrops() {
    FilteredActivation cropping =
        new FilteredActivation(
            4, 2, -21, -22, -3, -40, true, Math.sqrt(2), 0.2, 256, twelve, twelve);
    assertActivation(36, 36, cropping);
  }

  @Test
  void filteredLeakyReluEqualsOracleWithSpecialValues() {
    for (float value : new float[] {Float.NaN, Float.POSITIVE_INFINITY, 3e38f}) {
      FloatPointer input = drawn.normal((long) PLANES * 20 * 24, 1);
      input.put(drawn.below(PLANES * 20 * 24), value);
      assertActivation(20, 24, activation(2, 2, 9, 256, twelve, twelve), input);
    }
  }

  /** Five taps want no padding of an image of one row of nine; the matrix neither. */
  private static FilteredActivation activation(
      int up, int down, int padding, double clamp, FirFilter upFilter, FirFilter downFilter) {
    int low = Math.max(padding, upFilter.width() / 2);
    return new FilteredActivation(
        up,
        down,
        low,
        low,
        padding,
        padding,
        false,
        Math.sqrt(2),
        0.2,
        clamp,
        upFilter,
        downFilter);
  }

  private void assertActivation(int height, int width, FilteredActivation of) {
    assertActivation(height, width, of, drawn.normal((long) PLANES * height * width, 1));
  }

  private void assertActivation(int height, int width, FilteredActivation of, FloatPointer input) {
    FloatPointer bias = drawn.normal(CHANNELS, 0.5f);
    long size = PLANES * of.outHeight(height) * of.outWidth(width);
    FloatPointer upstream = drawn.normal(size, 1);
    String name = height + " by " + width + ", " + of;
    float[][] expected = activate(exact, input, bias, height, width, of, upstream, size);
    float[][] found = activate(kernels(), input, bias, height, width, of, upstream, size);
    float[][] again = activate(withThreads(3), input, bias, height, width, of, upstream, size);
    for (int k = 0; k < 2; k++) {
      assertNear((k == 0 ? "" : "gradient, ") + name, expected[k], found[k]);
      assertArrayEquals(found[k], again[k]);
    }
  }

  private static float[][] activate(
      Kernels kernels,
      FloatPointer input,
      FloatPointer bias,
      int height,
      int width,
      FilteredActivation of,
      FloatPointer upstream,
      long size) {
    FloatPointer output = new FloatPointer(size);
    kernels.filteredLeakyRelu(input, bias, PLANES, CHANNELS, height, width, of, output);
    int inputSize = PLANES * height * width;
    FloatPointer pulled = new FloatPointer((long) inputSize);
    kernels.filteredLeakyReluGradient(
        input, bias, PLANES, CHANNELS, height, width, of, upstream, pulled);
    return new float[][] {
      KernelCases.floats(output, (int) size), KernelCases.floats(pulled, inputSize)
    };
  }

  private static void assertNear(String name, float[] expected, float[] found) {
    double scale = 1;
    for (float value : expected) {
      scale = Float.isFinite(value) ? Math.max(scale, Math.abs(value)) : scale;
    }
    for (int i = 0; i < expected.length; i++) {
      double tolerance = Float.isFinite(expected[i]) ? RESAMPLING_TOLERANCE * scale : 0;
      assertEquals(expected[i], found[i], tolerance, name + " at " + i);
    }
  }
}
