package org.potstill.prior;

import java.util.function.DoubleUnaryOperator;

/**
 * Low-pass filters with a Kaiser window (Kaiser 1974), as StyleGAN3 designs them (Karras et al.
 * 2021, section 3.1 and appendix C.1).
 */
final class LowPassFilter {

  /** Points of the trapezoidal rule, which converges exponentially for periodic integrands. */
  private static final int POINTS = 256;

  private LowPassFilter() {}

  /**
   * The taps of a filter; they add up to 1.
   *
   * @param taps at least 2
   * @param cutoff half-amplitude frequency, in the unit of {@code rate}
   * @param width of the transition band
   * @param rate sampling rate
   * @param radial whether the filter is radially symmetric: {@code taps * taps} values, row-major
   */
  static float[] design(int taps, double cutoff, double width, double rate, boolean radial) {
    double[] window = kaiser(taps, beta(taps, width / (rate / 2)));
    return radial ? radial(window, cutoff, rate) : separable(window, cutoff / (rate / 2));
  }

  private static float[] separable(double[] window, double cutoff) {
    double[] filter = new double[window.length];
    for (int i = 0; i < filter.length; i++) {
      double x = Math.PI * cutoff * (i - (filter.length - 1) / 2.0);
      filter[i] = cutoff * (x == 0 ? 1 : StrictMath.sin(x) / x) * window[i];
    }
    return normalised(filter);
  }

  private static float[] radial(double[] window, double cutoff, double rate) {
    int taps = window.length;
    double[] filter = new double[taps * taps];
    for (int i = 0; i < filter.length; i++) {
      int row = i / taps;
      int column = i % taps;
      double y = (row - (taps - 1) / 2.0) / rate;
      double x = (column - (taps - 1) / 2.0) / rate;
      double r = Math.PI * StrictMath.hypot(x, y);
      // J1(2 c r) / r tends to c in the middle.
      double jinc = r == 0 ? cutoff : besselJ1(2 * cutoff * r) / r;
      filter[i] = jinc * window[row] * window[column];
    }
    return normalised(filter);
  }

  private static float[] normalised(double[] filter) {
    double sum = 0;
    for (double value : filter) {
      sum += value;
    }
    float[] result = new float[filter.length];
    for (int i = 0; i < result.length; i++) {
      result[i] = (float) (filter[i] / sum);
    }
    return result;
  }

  /** The parameter of the window for a transition band of {@code width} Nyquist frequencies. */
  private static double beta(int taps, double width) {
    double attenuation = 2.285 * (taps - 1) * Math.PI * width + 7.95;
    if (attenuation > 50) {
      return 0.1102 * (attenuation - 8.7);
    }
    if (attenuation > 21) {
      return 0.5842 * StrictMath.pow(attenuation - 21, 0.4) + 0.07886 * (attenuation - 21);
    }
    return 0;
  }

  private static double[] kaiser(int taps, double beta) {
    double[] window = new double[taps];
    for (int i = 0; i < taps; i++) {
      double x = 2.0 * i / (taps - 1) - 1;
      window[i] = besselI0(beta * Math.sqrt(Math.max(0, 1 - x * x))) / besselI0(beta);
    }
    return window;
  }

  /** (1 / pi) times the integral of exp(x cos t) from 0 to pi. */
  private static double besselI0(double x) {
    return meanOverCircle(t -> StrictMath.exp(x * StrictMath.cos(t)));
  }

  /** (1 / pi) times the integral of cos(t - x sin t) from 0 to pi. */
  private static double besselJ1(double x) {
    return meanOverCircle(t -> StrictMath.cos(t - x * StrictMath.sin(t)));
  }

  private static double meanOverCircle(DoubleUnaryOperator function) {
    double sum = 0;
    for (int i = 0; i < POINTS; i++) {
      sum += function.applyAsDouble(2 * Math.PI * i / POINTS);
    }
    return sum / POINTS;
  }
}
