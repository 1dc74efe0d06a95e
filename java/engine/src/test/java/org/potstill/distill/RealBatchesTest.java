package org.potstill.distill;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.PointerScope;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.potstill.errors.InputException;
import org.potstill.random.Purpose;
import org.potstill.random.RandomStream;
import org.potstill.tensor.LibTorch;
import org.potstill.tensor.Tensors;

class RealBatchesTest {

  private static final int[] COUNTS = {20, 20, 3};
  private static final int SIZE = 8;

  @BeforeAll
  static void loadLibTorch() {
    LibTorch.load();
  }

  /** Images of one pixel, whose value is their number. */
  private static CoreSetImages numbers() {
    float[] numbers = new float[Arrays.stream(COUNTS).sum()];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = i;
    }
    try (PointerScope scope = new PointerScope()) {
      return new CoreSetImages(
          Tensors.of(numbers, numbers.length, 1, 1, 1), COUNTS, List.of("a", "b", "c"));
    }
  }

  private static int[] take(RealBatches batches, int c, long iteration, int step) {
    int first = Arrays.stream(COUNTS, 0, c).sum();
    try (PointerScope scope = new PointerScope()) {
      float[] drawn = Tensors.toFloats(batches.take(c, iteration, step));
      return IntStream.range(0, drawn.length).map(i -> (int) drawn[i] - first).toArray();
    }
  }

  @Test
  void imagesOfAClassAreDrawnWithoutRepeats() {
    try (CoreSetImages real = numbers()) {
      RealBatches batches = new RealBatches(real, SIZE, 1);
      Set<Integer> seen = new HashSet<>();
      for (int iteration = 0; iteration < 40; iteration++) {
        int[] drawn = take(batches, 1, iteration, 0);
        assertEquals(SIZE, Arrays.stream(drawn).distinct().count(), Arrays.toString(drawn));
        Arrays.stream(drawn).forEach(seen::add);
      }
      assertEquals(IntStream.range(0, COUNTS[1]).boxed().toList(), seen.stream().sorted().toList());
      int[] all = take(batches, 2, 0, 0);
      Arrays.sort(all);
      assertArrayEquals(new int[] {0, 1, 2}, all);
    }
  }

  /** A run goes on with the draws of the version that it was begun with. */
  @Test
  void drawsAreNumberedByStepAndThenByClass() {
    try (CoreSetImages real = numbers()) {
      RealBatches batches = new RealBatches(real, SIZE, 7);
      for (int c = 0; c < 2; c++) {
        RandomStream random = RandomStream.of(7, Purpose.REAL_BATCH, 5, 3 * 2 + c);
        assertArrayEquals(random.sample(COUNTS[c], SIZE), take(batches, c, 5, 2));
      }
    }
  }

  @Test
  void aClassWithoutImagesIsRefusedByName() {
    try (PointerScope scope = new PointerScope();
        CoreSetImages real =
            new CoreSetImages(
                Tensors.of(new float[3], 3, 1, 1, 1),
                new int[] {1, 2, 0},
                List.of("a", "b", "c"))) {
      InputException refused =
          assertThrows(InputException.class, () -> new RealBatches(real, SIZE, 1));
      assertTrue(refused.getMessage().startsWith("class 'c' keeps no image"), refused::getMessage);
    }
  }

  @Test
  void everyClassIterationStepAndSeedHasADrawOfItsOwn() {
    try (CoreSetImages real = numbers()) {
      Set<String> draws = new HashSet<>();
      for (int seed = 0; seed < 2; seed++) {
        RealBatches batches = new RealBatches(real, SIZE, seed);
        for (int iteration = 0; iteration < 3; iteration++) {
          for (int step = 0; step < 3; step++) {
            for (int c = 0; c < 2; c++) {
              int[] drawn = take(batches, c, iteration, step);
              draws.add(Arrays.toString(drawn));
              assertArrayEquals(drawn, take(batches, c, iteration, step));
            }
          }
        }
      }
      assertEquals(2 * 3 * 3 * 2, draws.size());
    }
  }
}
