package org.potstill.score;

/**
 * The learning rate of a scorer's training: linear up to the peak over the first fifth of the
 * steps, then half a cosine down to zero.
 *
 * @param steps in all, at least 1
 * @param peak largest rate
 */
record ScorerSchedule(long steps, double peak) {

  private static final double WARM_UP = 0.2;

  /** The rate of a step, from 0. */
  double at(long step) {
    double warmUp = Math.max(1, WARM_UP * steps);
    if (step < warmUp) {
      return peak * (step + 1) / (warmUp + 1);
    }
    return peak * (1 + StrictMath.cos(Math.PI * (step - warmUp) / Math.max(1, steps - warmUp))) / 2;
  }
}
