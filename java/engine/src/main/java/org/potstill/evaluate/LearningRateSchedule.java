package org.potstill.evaluate;

import org.potstill.config.EvaluateConfig.Schedule;

/** The learning rate of an evaluation, epoch by epoch. */
@FunctionalInterface
public interface LearningRateSchedule {

  /**
   * The rate of an epoch.
   *
   * @param epoch from 0
   */
  double at(int epoch);

  /**
   * A schedule.
   *
   * @param epochs of training
   * @param peak largest rate
   */
  static LearningRateSchedule of(Schedule kind, int epochs, double peak) {
    return switch (kind) {
      case WARMUP_COSINE -> epoch -> warmupCosine(epoch, epochs, peak);
      case STEP -> epoch -> 2L * epoch < epochs ? peak : peak / 10;
    };
  }

  /**
   * The published evaluation: with h = floor(epochs / 2) and s = 1e-7, {@code peak * (s + (1 - s) e
   * / h)} up to e = h, then {@code peak * (1 + cos(pi (e - h - 1) / h)) / 2}. The peak is held for
   * one more epoch between the two. A single epoch has no more than the first rate, {@code peak *
   * s}.
   */
  private static double warmupCosine(int epoch, int epochs, double peak) {
    int half = epochs / 2;
    double start = 1e-7;
    if (epoch <= half) {
      double done = half == 0 ? 0 : (double) epoch / half;
      return peak * (start + (1 - start) * done);
    }
    return peak * (1 + StrictMath.cos(Math.PI * (epoch - half - 1) / half)) / 2;
  }
}
