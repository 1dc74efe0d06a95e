package org.potstill.evaluate;

/**
 * The learning rate of an evaluation: linear from 1e-7 of the peak to the peak over the first half
 * of the epochs, then half a cosine down.
 *
 * <p>As published, the peak is held for one more epoch between the two.
 *
 * @param epochs of training
 * @param peak largest rate
 */
public record LearningRateSchedule(int epochs, double peak) {

  private static final double START = 1e-7;

  /**
   * The rate of an epoch: with h = floor(epochs / 2), {@code peak * (s + (1 - s) e / h)} up to e =
   * h, then {@code peak * (1 + cos(pi (e - h - 1) / h)) / 2}.
   *
   * @param epoch from 0
   */
  public double at(int epoch) {
    int half = epochs / 2;
    if (half == 0) {
      return peak;
    }
    if (epoch <= half) {
      return peak * (START + (1 - START) * epoch / half);
    }
    return peak * (1 + StrictMath.cos(Math.PI * (epoch - half - 1) / half)) / 2;
  }
}
