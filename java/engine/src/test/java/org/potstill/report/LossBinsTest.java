package org.potstill.report;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class LossBinsTest {

  @Test
  void binsAreEqualInTheLogarithmAndTheLastTakesTheRest() {
    LossBins bins = new LossBins(-3, 0.5);
    double[] losses = {0, 1e-3, 2e-3, 4e-3, 0.09, 0.11, 1e30, Double.NaN};
    int[] expected = new int[bins.count(losses).length];
    expected[0] = 3;
    expected[1] = 1;
    expected[3] = 1;
    expected[4] = 1;
    expected[expected.length - 1] = 2;
    assertEquals(Arrays.toString(expected), Arrays.toString(bins.count(losses)));
  }

  private static ScoreTable.ClassLosses losses(double... all) {
    return new ScoreTable.ClassLosses("key", "name", all, Arrays.copyOf(all, 2));
  }

  @Test
  void binsReachFromTheLowestToTheHighestLossOfAllClasses() {
    LossBins bins = LossBins.over(List.of(losses(0.01, 0.1), losses(0.1, 10, Double.NaN)));
    assertEquals(-2, bins.start(), 1e-12);
    assertEquals(3.0 / 36, bins.width(), 1e-12);
    assertEquals(1, bins.position(10), 1e-12);
    // A loss of 0 has no logarithm.
    assertEquals(-5, LossBins.over(List.of(losses(0, 1))).start(), 1e-12);
  }

  @Test
  void lossesThatAreAllTheSameLieInTheMiddle() {
    int[] counts = LossBins.over(List.of(losses(10, 10))).count(new double[] {10, 10});
    assertEquals(36, counts.length);
    assertEquals(2, counts[18]);
    LossBins none = LossBins.over(List.of(losses(Double.NaN, Double.POSITIVE_INFINITY)));
    assertEquals(-0.5, none.start(), 1e-12);
  }

  @Test
  void theCutIsWhereTheKeptImagesEnd() {
    double[] all = {1, 2, 3, 4, 5};
    ScoreTable.ClassLosses two = losses(all);
    assertEquals(3, two.median());
    assertEquals(2, two.cut("easy"));
    assertEquals(1, two.cut("hard"));
    assertEquals(Double.NaN, two.cut("random"));
    assertEquals(Double.NaN, new ScoreTable.ClassLosses("key", "name", all, all).cut("easy"));
    double[] no = {};
    assertEquals(Double.NaN, new ScoreTable.ClassLosses("key", "name", all, no).cut("easy"));
    assertEquals(Double.NaN, new ScoreTable.ClassLosses("key", "name", no, no).median());
  }
}
