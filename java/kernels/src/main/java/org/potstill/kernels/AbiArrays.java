package org.potstill.kernels;

/** The arrays that stand for our resamplings in the C ABI of every native provider. */
final class AbiArrays {

  private AbiArrays() {}

  /** Factors of columns and rows. */
  static int[] up(Resampling of) {
    return new int[] {of.upX(), of.upY()};
  }

  /** Likewise. */
  static int[] down(Resampling of) {
    return new int[] {of.downX(), of.downY()};
  }

  /** Left, right, top, bottom. */
  static long[] padding(Resampling of) {
    return new long[] {of.left(), of.right(), of.top(), of.bottom()};
  }

  /** Likewise, of the upsampling. */
  static long[] padding(FilteredActivation of) {
    return padding(of.larger());
  }
}
