package org.potstill.augment;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** The operations of a strategy, by the words of the published code. */
public enum AugmentOperation {
  /** Brightness, saturation and contrast, in this order; a uniform number for each. */
  COLOR(3),
  /** Shift with zeros moving in; rows and columns in pixels. */
  CROP(2),
  /** A box of zeros; row and column of its centre. */
  CUTOUT(2),
  /** Left to right; one uniform number, flipped where it is below the probability. */
  FLIP(1),
  /** Stretched about the centre; a uniform number for width and one for height. */
  SCALE(2),
  /** Turned about the centre; one uniform number. */
  ROTATE(1);

  private final int draws;

  AugmentOperation(int draws) {
    this.draws = draws;
  }

  /** How many random numbers a sample takes. */
  public int draws() {
    return draws;
  }

  /** The word in a strategy, for example {@code cutout}. */
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** All words, in order. */
  static List<String> words() {
    return Arrays.stream(values()).map(AugmentOperation::word).toList();
  }
}
