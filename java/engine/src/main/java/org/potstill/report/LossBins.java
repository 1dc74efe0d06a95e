package org.potstill.report;

import java.util.List;

/**
 * Bins shared by the histograms of all classes: equal in log10 of the loss, since losses of easy
 * and hard images lie orders of magnitude apart.
 *
 * @param start lower edge of the first bin, log10 of the loss
 * @param width of a bin
 */
record LossBins(double start, double width) {

  private static final int BINS = 36;
  private static final double SMALLEST = -5;

  static LossBins over(List<ScoreTable.ClassLosses> classes) {
    double low = Double.POSITIVE_INFINITY;
    double high = Double.NEGATIVE_INFINITY;
    for (ScoreTable.ClassLosses losses : classes) {
      for (double loss : losses.all()) {
        if (Double.isFinite(loss)) {
          low = Math.min(low, logarithm(loss));
          high = Math.max(high, logarithm(loss));
        }
      }
    }
    if (!(high > low)) {
      double middle = Double.isFinite(low) ? low : 0;
      return new LossBins(middle - 0.5, 1.0 / BINS);
    }
    return new LossBins(low, (high - low) / BINS);
  }

  /** Where a loss lies on the axis. */
  double position(double loss) {
    return logarithm(loss);
  }

  /** Number of losses in every bin; those that are not finite count as the highest. */
  int[] count(double[] losses) {
    int[] counts = new int[BINS];
    for (double loss : losses) {
      double bin = Double.isFinite(loss) ? (logarithm(loss) - start) / width : BINS;
      counts[(int) Math.max(0, Math.min(BINS - 1, Math.floor(bin)))]++;
    }
    return counts;
  }

  private static double logarithm(double loss) {
    return loss > 0 ? Math.max(SMALLEST, Math.log10(loss)) : SMALLEST;
  }
}
