package org.potstill.data;

/** The sizes of the reference's resize of the shorter side and of its centre crop. */
final class CentreCrop {

  private CentreCrop() {}

  /**
   * The length of a side after the shorter side was brought to {@code resolution}: {@code
   * int(resolution * side / shorter)}.
   */
  static int resized(int side, int shorter, int resolution) {
    return Math.toIntExact((long) resolution * side / shorter);
  }

  /** Where a centre crop begins: half the rest, a half rounded to the even neighbour. */
  static int offset(int size, int crop) {
    return (int) Math.rint((size - crop) / 2.0);
  }
}
