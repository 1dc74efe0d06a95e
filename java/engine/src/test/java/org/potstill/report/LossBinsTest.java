package org.potstill.report;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
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
}
