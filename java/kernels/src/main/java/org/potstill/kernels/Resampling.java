package org.potstill.kernels;

/**
 * How {@link Kernels#upFirDn} changes the size of an image.
 *
 * @param upX factor of the columns, 1 to 64: every sample is followed by that many less one zeros
 * @param upY factor of the rows, likewise
 * @param downX every how many columns are kept, 1 to 64
 * @param downY every how many rows are kept, likewise
 * @param left columns of zeros added to the upsampled image, negative to crop; likewise the next
 *     three
 * @param right see {@code left}
 * @param top see {@code left}
 * @param bottom see {@code left}
 * @param flip whether the filter is cross-correlated; otherwise it is a convolution
 * @param gain factor of the output
 */
public record Resampling(
    int upX,
    int upY,
    int downX,
    int downY,
    long left,
    long right,
    long top,
    long bottom,
    boolean flip,
    double gain) {

  /** Factors that a kernel takes at most. */
  static final int MOST = 64;

  /** Paddings and sides that a kernel takes at most. */
  static final long MOST_SAMPLES = 1L << 24;

  /** The same factors and padding in both directions. */
  public static Resampling square(
      int up, int down, long low, long high, boolean flip, double gain) {
    return new Resampling(up, up, down, down, low, high, low, high, flip, gain);
  }

  /** Columns of the output; below 1 where the filter does not fit. */
  public long outWidth(long width, FirFilter filter) {
    return Math.floorDiv(width * upX + left + right - filter.width(), downX) + 1;
  }

  /** Rows of the output; below 1 where the filter does not fit. */
  public long outHeight(long height, FirFilter filter) {
    return Math.floorDiv(height * upY + top + bottom - filter.height(), downY) + 1;
  }

  /**
   * The gradient with respect to the input, as the same operation on the gradient with respect to
   * the output: factors swapped, the filter turned round, the padding such that the input's size
   * comes out.
   *
   * @param height rows of the input
   * @param width columns of the input
   */
  public Resampling transposed(long height, long width, FirFilter filter) {
    long fromTop = filter.height() - 1 - top;
    long fromLeft = filter.width() - 1 - left;
    return new Resampling(
        downX,
        downY,
        upX,
        upY,
        fromLeft,
        width * upX - outWidth(width, filter) * downX + left - upX + 1,
        fromTop,
        height * upY - outHeight(height, filter) * downY + top - upY + 1,
        !flip,
        gain);
  }
}
