package org.potstill.experts;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ExpertDrawsTest {

  @Test
  void everySeedExpertAndEpochHasDrawsOfItsOwn() {
    Set<String> orders = new HashSet<>();
    Set<Integer> streams = new HashSet<>();
    for (int seed = 0; seed < 2; seed++) {
      for (int expert = 0; expert < 3; expert++) {
        ExpertDraws draws = ExpertDraws.of(seed, expert);
        for (int epoch = 0; epoch < 3; epoch++) {
          orders.add(Arrays.toString(draws.order(epoch, 30)));
          streams.add(draws.augmentation(epoch).nextBits());
          assertArrayEquals(draws.order(epoch, 30), ExpertDraws.of(seed, expert).order(epoch, 30));
        }
      }
    }
    assertEquals(2 * 3 * 3, orders.size());
    assertEquals(2 * 3 * 3, streams.size());
  }
}
