package org.potstill.evaluate;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class TrainingDrawsTest {

  @Test
  void everySeedRepeatAndStepHasDrawsOfItsOwn() {
    Set<String> orders = new HashSet<>();
    Set<Integer> streams = new HashSet<>();
    for (int seed = 0; seed < 2; seed++) {
      for (int repeat = 0; repeat < 3; repeat++) {
        TrainingDraws draws = TrainingDraws.of(seed, repeat);
        for (int step = 0; step < 3; step++) {
          orders.add(Arrays.toString(draws.order(step, 30)));
          streams.add(draws.augmentation(step).nextBits());
          streams.add(draws.dropout(step).nextBits());
          assertArrayEquals(draws.order(step, 30), TrainingDraws.of(seed, repeat).order(step, 30));
        }
      }
    }
    assertEquals(2 * 3 * 3, orders.size());
    assertEquals(2 * 3 * 3 * 2, streams.size());
  }
}
