package org.potstill.evaluate;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.potstill.random.Purpose;
import org.potstill.random.RandomStream;

class FeatureSelectionTest {

  private static float[][] points(int count, int width) {
    float[][] points = new float[count][width];
    for (int i = 0; i < count; i++) {
      RandomStream.of(7, Purpose.BASELINE_CHOICE, 0, i).fillGaussian(points[i], 0, 1);
    }
    return points;
  }

  @Test
  void herdingKeepsTheMeanOfTheChosenNearTheMeanOfAll() {
    float[][] points = points(40, 5);
    int[] chosen = FeatureSelection.herding(points, 12);
    List<Integer> sofar = new ArrayList<>();
    for (int next : chosen) {
      double found = offMean(points, with(sofar, next));
      for (int other = 0; other < points.length; other++) {
        if (!sofar.contains(other)) {
          assertEquals(found, Math.min(found, offMean(points, with(sofar, other)) + 1e-12), 0);
        }
      }
      sofar.add(next);
    }
    assertEquals(12, new HashSet<>(sofar).size());
  }

  private static List<Integer> with(List<Integer> some, int more) {
    List<Integer> all = new ArrayList<>(some);
    all.add(more);
    return all;
  }

  private static double offMean(float[][] points, List<Integer> chosen) {
    double distance = 0;
    for (int d = 0; d < points[0].length; d++) {
      double all = 0;
      double some = 0;
      for (float[] point : points) {
        all += point[d] / points.length;
      }
      for (int i : chosen) {
        some += (double) points[i][d] / chosen.size();
      }
      distance += (all - some) * (all - some);
    }
    return distance;
  }

  @Test
  void kCenterTakesTheFarthestPoint() {
    float[][] points = points(40, 5);
    int[] chosen = FeatureSelection.kCenter(points, 12);
    assertEquals(FeatureSelection.herding(points, 1)[0], chosen[0]);
    for (int k = 1; k < chosen.length; k++) {
      double found = toNearest(points, chosen, k, chosen[k]);
      for (int other = 0; other < points.length; other++) {
        assertEquals(found, Math.max(found, toNearest(points, chosen, k, other)), 0);
      }
    }
  }

  private static double toNearest(float[][] points, int[] chosen, int count, int point) {
    double nearest = Double.POSITIVE_INFINITY;
    for (int k = 0; k < count; k++) {
      double distance = 0;
      for (int d = 0; d < points[0].length; d++) {
        distance += Math.pow((double) points[point][d] - points[chosen[k]][d], 2);
      }
      nearest = Math.min(nearest, distance);
    }
    return nearest;
  }

  @Test
  void equalPointsAreTakenInOrderAndOnce() {
    float[][] same = {{1, 1}, {1, 1}, {1, 1}};
    assertArrayEquals(new int[] {0, 1, 2}, FeatureSelection.herding(same, 3));
    assertArrayEquals(new int[] {0, 1, 2}, FeatureSelection.kCenter(same, 3));
    assertArrayEquals(new int[0], FeatureSelection.kCenter(new float[0][], 0));
    assertArrayEquals(new int[0], FeatureSelection.herding(new float[0][], 0));
  }
}
