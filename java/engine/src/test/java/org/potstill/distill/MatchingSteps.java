package org.potstill.distill;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.potstill.fixtures.Closeness;

/** Comparisons of what steps of distillers found. */
final class MatchingSteps {

  private MatchingSteps() {}

  /**
   * Requires the same loss and gradient.
   *
   * @param tolerance of both, relative
   */
  static void assertClose(MatchingStep expected, MatchingStep actual, double tolerance) {
    assertEquals(expected.loss(), actual.loss(), tolerance * Math.abs(expected.loss()));
    Closeness.assertRelativeL2(
        "gradient",
        Closeness.doubles(expected.gradient()),
        Closeness.doubles(actual.gradient()),
        tolerance);
  }
}
