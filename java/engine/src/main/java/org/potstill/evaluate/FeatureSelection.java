package org.potstill.evaluate;

import java.util.Arrays;

/**
 * Choosing a few points that stand for many by their features; of several that are equally good the
 * first.
 */
final class FeatureSelection {

  private FeatureSelection() {}

  /**
   * Herding (Welling 2009): one after the other the point that brings the mean of those chosen
   * nearest to the mean of all.
   *
   * @param features one row per point
   * @param count at most the number of points
   * @return indices in the order in which they were chosen
   */
  static int[] herding(float[][] features, int count) {
    double[] mean = mean(features);
    double[] sum = new double[mean.length];
    boolean[] taken = new boolean[features.length];
    int[] chosen = new int[count];
    for (int k = 0; k < count; k++) {
      double nearest = Double.POSITIVE_INFINITY;
      for (int i = 0; i < features.length; i++) {
        double distance = taken[i] ? Double.POSITIVE_INFINITY : 0;
        for (int d = 0; d < mean.length && distance < nearest; d++) {
          double off = mean[d] - (sum[d] + features[i][d]) / (k + 1);
          distance += off * off;
        }
        if (distance < nearest) {
          nearest = distance;
          chosen[k] = i;
        }
      }
      taken[chosen[k]] = true;
      for (int d = 0; d < sum.length; d++) {
        sum[d] += features[chosen[k]][d];
      }
    }
    return chosen;
  }

  /**
   * Greedy k-center (Sener and Savarese 2018): first the point nearest to the mean, then one after
   * the other the point farthest from all chosen ones.
   *
   * @param features one row per point
   * @param count at most the number of points
   * @return indices in the order in which they were chosen
   */
  static int[] kCenter(float[][] features, int count) {
    if (count == 0) {
      return new int[0];
    }
    int[] chosen = new int[count];
    chosen[0] = herding(features, 1)[0];
    double[] toChosen = new double[features.length];
    Arrays.fill(toChosen, Double.POSITIVE_INFINITY);
    for (int k = 1; k < count; k++) {
      float[] latest = features[chosen[k - 1]];
      toChosen[chosen[k - 1]] = -1;
      int farthest = -1;
      for (int i = 0; i < features.length; i++) {
        if (toChosen[i] >= 0) {
          toChosen[i] = Math.min(toChosen[i], distance(features[i], latest));
          farthest = farthest < 0 || toChosen[i] > toChosen[farthest] ? i : farthest;
        }
      }
      chosen[k] = farthest;
    }
    return chosen;
  }

  private static double distance(float[] a, float[] b) {
    double sum = 0;
    for (int d = 0; d < a.length; d++) {
      double off = (double) a[d] - b[d];
      sum += off * off;
    }
    return sum;
  }

  private static double[] mean(float[][] features) {
    double[] mean = new double[features.length == 0 ? 0 : features[0].length];
    for (float[] point : features) {
      for (int d = 0; d < mean.length; d++) {
        mean[d] += point[d];
      }
    }
    for (int d = 0; d < mean.length; d++) {
      mean[d] /= features.length;
    }
    return mean;
  }
}
