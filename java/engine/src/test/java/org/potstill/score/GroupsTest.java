package org.potstill.score;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.time.Duration;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class GroupsTest {

  @Test
  void imagesOfAGroupAreInOrder() {
    int[][] groups = Groups.of(new int[] {2, 0, 2, 2, 0}, 4);
    assertArrayEquals(new int[][] {{1, 4}, {}, {0, 2, 3}, {}}, groups);
  }

  /** A pass over all images for every class would take minutes. */
  @Test
  void manyClassesAreSplitAndMatchedInOnePass() {
    int classes = 20_000;
    int[] classOf = IntStream.range(0, 20 * classes).map(i -> i % classes).toArray();
    float[] losses = new float[classOf.length];
    assertTimeoutPreemptively(
        Duration.ofSeconds(20),
        () -> {
          int[] foldOf = Folds.of(classOf, classes, 2, 1).foldOf();
          assertEquals(
              losses.length, QuantileMatching.apply(losses, classOf, foldOf, classes, 2).length);
        });
  }
}
