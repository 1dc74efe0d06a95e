package org.potstill.score;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FoldsTest {

  private static int[] classes(int... sizes) {
    return IntStream.range(0, sizes.length)
        .flatMap(c -> IntStream.generate(() -> c).limit(sizes[c]))
        .toArray();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 5})
  void everyFoldHasItsShareOfEveryClass(int seed) {
    int[] classOf = classes(10, 7, 1, 2);
    Folds folds = Folds.of(classOf, 4, 3, seed);
    for (int c = 0; c < 4; c++) {
      int[] counts = new int[3];
      for (int i = 0; i < classOf.length; i++) {
        if (classOf[i] == c) {
          counts[folds.foldOf()[i]]++;
        }
      }
      int most = Arrays.stream(counts).max().orElseThrow();
      int least = Arrays.stream(counts).min().orElseThrow();
      assertTrue(most - least <= 1, "class " + c + " " + Arrays.toString(counts));
    }
  }

  @Test
  void noImageIsTrainedOnAndScoredByTheSameFold() {
    Folds folds = Folds.of(classes(9, 4), 2, 2, 5);
    for (int fold = 0; fold < 2; fold++) {
      int[] all =
          IntStream.concat(Arrays.stream(folds.in(fold)), Arrays.stream(folds.outside(fold)))
              .sorted()
              .toArray();
      assertArrayEquals(IntStream.range(0, 13).toArray(), all);
    }
  }

  @Test
  void splitIsAFunctionOfTheSeed() {
    int[] classOf = classes(30, 30);
    assertEquals(Folds.of(classOf, 2, 2, 1).toString(), Folds.of(classOf, 2, 2, 1).toString());
    assertNotEquals(Folds.of(classOf, 2, 2, 1).toString(), Folds.of(classOf, 2, 2, 2).toString());
  }

  @Test
  void singleImagesOfManyClassesSpreadOverTheFolds() {
    int[] ones = new int[10];
    Arrays.fill(ones, 1);
    Folds folds = Folds.of(classes(ones), 10, 2, 1);
    assertEquals(5, folds.in(0).length);
    assertEquals(5, folds.in(1).length);
  }
}
