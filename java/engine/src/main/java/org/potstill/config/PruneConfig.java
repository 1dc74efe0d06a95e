package org.potstill.config;

/**
 * Section {@code prune}.
 *
 * @param mode which images of a class are kept
 * @param keep share of every class that is kept, above 0 and at most 1; {@code int(keep * n)}
 *     images
 */
public record PruneConfig(Mode mode, double keep) {

  /** Which images of a class are kept. */
  public enum Mode {
    /** Those with the lowest loss. */
    EASY,
    /** Those with the highest loss. */
    HARD,
    /** A random choice, by seed. */
    RANDOM,
    /** All of them. */
    NONE
  }
}
