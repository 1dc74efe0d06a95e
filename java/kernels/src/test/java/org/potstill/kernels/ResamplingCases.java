package org.potstill.kernels;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.bytedeco.javacpp.FloatPointer;
import org.junit.jupiter.api.Test;

/** What every provider must do when it resamples, against figures worked out by hand. */
abstract class ResamplingCases {

  private static final float NAN = Float.NaN;

  /** The provider under test. */
  abstract Kernels kernels();

  @Test
  void upFirDnConvolvesWhatIsUpsampled() {
    // Columns alone: 1 0 2 0 3 0 padded by one zero on the left, convolved with (1, 10).
    FloatPointer taps = new FloatPointer(1f, 10f);
    FirFilter filter = FirFilter.matrix(taps, 1, 2);
    Resampling doubled = new Resampling(2, 1, 1, 1, 1, 0, 0, 0, false, 1);
    float[] row = {1, 2, 3};
    assertArrayEquals(new float[] {1, 10, 2, 20, 3, 30}, upFirDn(row, 1, 3, doubled, filter));
    Resampling flipped = new Resampling(2, 1, 1, 1, 1, 0, 0, 0, true, 1);
    assertArrayEquals(new float[] {10, 1, 20, 2, 30, 3}, upFirDn(row, 1, 3, flipped, filter));
    Resampling third = new Resampling(2, 1, 3, 1, 1, 0, 0, 0, false, 2);
    assertArrayEquals(new float[] {2, 40}, upFirDn(row, 1, 3, third, filter));
    Resampling cropped = new Resampling(2, 1, 1, 1, -1, -1, 0, 0, false, 1);
    assertArrayEquals(new float[] {2, 20, 3}, upFirDn(row, 1, 3, cropped, filter));
  }

  @Test
  void upFirDnTakesSeparableFiltersAndNone() {
    FirFilter filter = FirFilter.separable(new FloatPointer(1f, 2f), 2);
    float[] square = {1, 2, 3, 4};
    Resampling plain = Resampling.square(1, 1, 0, 0, false, 1);
    // Convolution turns the taps round: 4 2 / 2 1.
    assertArrayEquals(new float[] {4 + 4 + 6 + 4}, upFirDn(square, 2, 2, plain, filter));
    Resampling spread = Resampling.square(2, 1, 0, 0, false, 3);
    assertArrayEquals(
        new float[] {3, 0, 6, 0, 0, 0, 0, 0, 9, 0, 12, 0, 0, 0, 0, 0},
        upFirDn(square, 2, 2, spread, FirFilter.NONE));
    assertEquals(0, upFirDn(new float[0], 2, 2, plain, filter).length);
  }

  @Test
  void upFirDnShowsWhatIsNotFiniteUnderItsTapsAlone() {
    FirFilter filter = FirFilter.matrix(new FloatPointer(1f, 1f), 1, 2);
    Resampling doubled = new Resampling(2, 1, 1, 1, 1, 0, 0, 0, false, 1);
    assertArrayEquals(
        new float[] {NAN, NAN, 2, 2, Float.POSITIVE_INFINITY, Float.POSITIVE_INFINITY},
        upFirDn(new float[] {NAN, 2, Float.POSITIVE_INFINITY}, 1, 3, doubled, filter));
  }

  @Test
  void filteredLeakyReluClampsAndItsGradientStopsThere() {
    FilteredActivation plain =
        new FilteredActivation(1, 1, 0, 0, 0, 0, false, 2, 0.25, 3, FirFilter.NONE, FirFilter.NONE);
    FloatPointer x = new FloatPointer(1f, -3f, 2f, 0f, -8f, NAN);
    FloatPointer bias = new FloatPointer(0f, 1f); // planes are 0 1 0 1 0 1
    FloatPointer result = new FloatPointer(6);
    kernels().filteredLeakyRelu(x, bias, 6, 2, 1, 1, plain, result);
    assertArrayEquals(new float[] {2, -1, 3, 2, -3, NAN}, KernelCases.floats(result, 6));
    FloatPointer upstream = new FloatPointer(1f, 1f, 1f, 10f, NAN, 1f);
    kernels().filteredLeakyReluGradient(x, bias, 6, 2, 1, 1, plain, upstream, result);
    assertArrayEquals(new float[] {2, 0.5f, 0, 20, 0, 0}, KernelCases.floats(result, 6));
  }

  @Test
  void filteredLeakyReluWorksBetweenItsFilters() {
    FirFilter two = FirFilter.matrix(new FloatPointer(1f, 0f), 1, 2);
    FirFilter mean = FirFilter.separable(new FloatPointer(1f, 1f), 2);
    FilteredActivation between =
        new FilteredActivation(2, 2, 1, 0, 0, 0, false, 1, 0.5, 100, two, mean);
    // Every sample is followed by zeros, times 4; each window of two by two holds one of them.
    FloatPointer result = new FloatPointer(2);
    kernels().filteredLeakyRelu(new FloatPointer(1f, -2f), null, 1, 1, 1, 2, between, result);
    assertArrayEquals(new float[] {4, -4}, KernelCases.floats(result, 2));
    FloatPointer x = new FloatPointer(1f, -2f);
    FloatPointer upstream = new FloatPointer(10f, 1f);
    kernels().filteredLeakyReluGradient(x, null, 1, 1, 1, 2, between, upstream, result);
    assertArrayEquals(new float[] {40, 2}, KernelCases.floats(result, 2));
  }

  @Test
  void slopeOfZeroPassesNothingOfWhatIsNotFinite() {
    float infinity = Float.POSITIVE_INFINITY;
    FilteredActivation plain =
        new FilteredActivation(1, 1, 0, 0, 0, 0, false, 1, 0, 100, FirFilter.NONE, FirFilter.NONE);
    FloatPointer x = new FloatPointer(-1f, 1f, -2f, 3f);
    FloatPointer upstream = new FloatPointer(NAN, NAN, infinity, infinity);
    FloatPointer result = new FloatPointer(4);
    kernels().filteredLeakyReluGradient(x, null, 1, 1, 1, 4, plain, upstream, result);
    assertArrayEquals(new float[] {0, NAN, 0, infinity}, KernelCases.floats(result, 4));
    FirFilter two = FirFilter.matrix(new FloatPointer(1f, 0f), 1, 2);
    FirFilter mean = FirFilter.separable(new FloatPointer(1f, 1f), 2);
    FilteredActivation between =
        new FilteredActivation(2, 2, 1, 0, 0, 0, false, 1, 0, 100, two, mean);
    upstream = new FloatPointer(10f, infinity);
    kernels()
        .filteredLeakyReluGradient(
            new FloatPointer(1f, -2f), null, 1, 1, 1, 2, between, upstream, result);
    assertArrayEquals(new float[] {40, 0}, KernelCases.floats(result, 2));
  }

  @Test
  void resamplingRefusesWhatDoesNotFit() {
    FirFilter filter = FirFilter.separable(new FloatPointer(1f, 2f, 3f), 3);
    Resampling plain = Resampling.square(1, 1, 0, 0, false, 1);
    refuses(2, 2, plain, filter);
    refuses(0, 2, plain, FirFilter.NONE);
    refuses(2, 2, Resampling.square(0, 1, 0, 0, false, 1), FirFilter.NONE);
    refuses(2, 2, Resampling.square(1, 65, 0, 0, false, 1), FirFilter.NONE);
    refuses(2, 2, Resampling.square(1, 1, 1L << 25, 0, false, 1), FirFilter.NONE);
    refuses(3, 3, plain, FirFilter.NONE); // the buffers hold four
    FilteredActivation negative =
        new FilteredActivation(1, 1, 0, 0, 0, 0, false, 1, 1, -1, FirFilter.NONE, FirFilter.NONE);
    FloatPointer four = new FloatPointer(4);
    assertThrows(
        IllegalArgumentException.class,
        () -> kernels().filteredLeakyRelu(four, null, 1, 1, 2, 2, negative, four));
  }

  private void refuses(long height, long width, Resampling resampling, FirFilter filter) {
    FloatPointer four = new FloatPointer(4);
    assertThrows(
        IllegalArgumentException.class,
        () -> kernels().upFirDn(four, 1, height, width, resampling, filter, new FloatPointer(4)));
  }

  private float[] upFirDn(
      float[] input, int height, int width, Resampling resampling, FirFilter filter) {
    int planes = input.length / (height * width);
    int size =
        Math.toIntExact(resampling.outHeight(height, filter) * resampling.outWidth(width, filter));
    FloatPointer output = new FloatPointer((long) Math.max(1, planes * size));
    kernels().upFirDn(new FloatPointer(input), planes, height, width, resampling, filter, output);
    return KernelCases.floats(output, planes * size);
  }
}
