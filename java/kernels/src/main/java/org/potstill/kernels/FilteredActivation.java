package org.potstill.kernels;

/**
 * A leaky ReLU between an upsampling and a downsampling filter (Karras et al. 2021, section 3.2).
 *
 * @param up factor of the upsampling, 1 to 64
 * @param down factor of the downsampling, 1 to 64
 * @param left columns of zeros added to the upsampled image, negative to crop; likewise the next
 *     three
 * @param right see {@code left}
 * @param top see {@code left}
 * @param bottom see {@code left}
 * @param flip whether the filters are cross-correlated; otherwise they are convolutions
 * @param gain factor of the activation
 * @param slope of the activation up to zero
 * @param clamp bound of the absolute value, at least 0; infinity for none
 * @param upFilter applied to the upsampled image
 * @param downFilter applied to the activation
 */
public record FilteredActivation(
    int up,
    int down,
    long left,
    long right,
    long top,
    long bottom,
    boolean flip,
    double gain,
    double slope,
    double clamp,
    FirFilter upFilter,
    FirFilter downFilter) {

  /** The way up, with the gain {@code up^2}. */
  Resampling larger() {
    return new Resampling(up, up, 1, 1, left, right, top, bottom, flip, (double) up * up);
  }

  /** The way down. */
  Resampling smaller() {
    return Resampling.square(1, down, 0, 0, flip, 1);
  }

  /** Columns of the output; below 1 where a filter does not fit. */
  public long outWidth(long width) {
    long large = larger().outWidth(width, upFilter);
    return large < 1 ? 0 : smaller().outWidth(large, downFilter);
  }

  /** Rows of the output; below 1 where a filter does not fit. */
  public long outHeight(long height) {
    long large = larger().outHeight(height, upFilter);
    return large < 1 ? 0 : smaller().outHeight(large, downFilter);
  }

  /** The activation of one value; NaN stays NaN. */
  double activate(double value) {
    double active = value * factor(value);
    return active > clamp ? clamp : active < -clamp ? -clamp : active;
  }

  /** Its derivative: 0 where it is clamped or undefined. */
  double derivative(double value) {
    return Math.abs(value * factor(value)) <= clamp ? factor(value) : 0;
  }

  private double factor(double value) {
    return value > 0 ? gain : gain * slope;
  }
}
