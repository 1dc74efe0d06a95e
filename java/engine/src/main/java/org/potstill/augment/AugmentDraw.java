package org.potstill.augment;

import java.util.List;

/**
 * The random numbers of one call: which operation, and its numbers for every sample.
 *
 * @param operation null leaves the images as they are
 * @param values {@link AugmentOperation#draws()} arrays in the order of the operation, each with
 *     one number for all samples or one per sample; uniform in [0, 1), or whole pixels for {@link
 *     AugmentOperation#CROP} and {@link AugmentOperation#CUTOUT}
 */
public record AugmentDraw(AugmentOperation operation, List<float[]> values) {

  /** Leaves the images as they are. */
  public static final AugmentDraw NOTHING = new AugmentDraw(null, List.of());

  /**
   * Checks that the numbers fit the operation.
   *
   * @throws IllegalArgumentException where there are too few or too many of them
   */
  public AugmentDraw {
    values = List.copyOf(values);
    int expected = operation == null ? 0 : operation.draws();
    if (values.size() != expected) {
      throw new IllegalArgumentException(
          operation + " takes " + expected + " draws per sample, not " + values.size());
    }
  }

  /** Whether all samples share the numbers. */
  boolean isShared() {
    return values.stream().allMatch(v -> v.length == 1);
  }
}
