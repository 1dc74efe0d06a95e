package org.potstill.augment;

/**
 * Strengths of the operations.
 *
 * @param flipProbability of flipping a sample
 * @param scaleRatio width and height are stretched by factors between its inverse and itself
 * @param rotateDegrees largest angle either way
 * @param cropPad largest shift as a share of the side
 * @param cutout side of the box as a share of the side of the image
 * @param brightness width of the interval around 0 that is added
 * @param saturation upper end of the factor, from 0
 * @param contrast lower end of the factor, whose interval has width 1
 */
public record AugmentParameters(
    double flipProbability,
    double scaleRatio,
    double rotateDegrees,
    double cropPad,
    double cutout,
    double brightness,
    double saturation,
    double contrast) {

  /** The values of the DSA paper's code. */
  public static final AugmentParameters DEFAULT =
      new AugmentParameters(0.5, 1.2, 15, 0.125, 0.5, 1, 2, 0.5);

  /** Largest shift in pixels of a side of {@code size} pixels. */
  int cropShift(long size) {
    return (int) (size * cropPad + 0.5);
  }

  /** Side in pixels of the box cut out of a side of {@code size} pixels. */
  int cutoutSize(long size) {
    return (int) (size * cutout + 0.5);
  }
}
