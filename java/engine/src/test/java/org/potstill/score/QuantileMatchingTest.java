package org.potstill.score;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.potstill.random.Purpose;
import org.potstill.random.RandomStream;

class QuantileMatchingTest {

  @Test
  void foldsOfEqualSizeMeetAtTheirRanks() {
    float[] losses = {3, 10, 1, 30, 2, 20};
    int[] foldOf = {0, 1, 0, 1, 0, 1};
    float[] matched = QuantileMatching.apply(losses, new int[6], foldOf, 1, 2);
    assertArrayEquals(new float[] {16.5f, 5.5f, 5.5f, 16.5f, 11, 11}, matched);
  }

  @Test
  void foldsCountByTheirSizes() {
    // The quantiles of 0, 3 and of 9, the former counting twice: 0 and 9, 3 and 9, 1.5 and 9.
    float[] losses = {0, 3, 9};
    float[] matched = QuantileMatching.apply(losses, new int[3], new int[] {0, 0, 1}, 1, 2);
    assertArrayEquals(new float[] {3, 5, 4}, matched);
  }

  @Test
  void oneFoldStaysAsItIs() {
    float[] losses = new float[101];
    RandomStream.of(1, Purpose.SCORER_FOLDS, 0, 0).fillUniform(losses, 0, 5);
    float[] matched = QuantileMatching.apply(losses, new int[101], new int[101], 1, 3);
    assertArrayEquals(losses, matched, 1e-6f);
  }

  @Test
  void classWithOneImageAFoldKeepsItsOrder() {
    float[] losses = {3, 1, 2, 10, 20, 40, 30, 5};
    int[] classOf = {0, 0, 0, 1, 1, 1, 1, 2};
    int[] foldOf = {0, 1, 2, 0, 0, 1, 1, 2};
    float[] matched = QuantileMatching.apply(losses, classOf, foldOf, 3, 3);
    assertArrayEquals(new float[] {3, 1, 2, 20, 30, 30, 20, 5}, matched);
  }

  @Test
  void orderWithinAFoldStaysAndEqualLossesStayEqual() {
    int size = 500;
    RandomStream random = RandomStream.of(2, Purpose.SCORER_FOLDS, 0, 0);
    float[] losses = new float[size];
    int[] classOf = new int[size];
    int[] foldOf = new int[size];
    for (int i = 0; i < size; i++) {
      classOf[i] = random.nextInt(4);
      foldOf[i] = random.nextInt(3);
      losses[i] = random.nextInt(40) * 0.1f * (1 + foldOf[i]);
    }
    float[] matched = QuantileMatching.apply(losses, classOf, foldOf, 4, 3);
    for (int i = 0; i < size; i++) {
      for (int j = 0; j < size; j++) {
        if (classOf[i] == classOf[j] && foldOf[i] == foldOf[j]) {
          assertTrue(losses[i] > losses[j] || matched[i] <= matched[j]);
          assertTrue(losses[i] != losses[j] || matched[i] == matched[j]);
        }
      }
    }
  }

  @Test
  void theSureFoldNoLongerFillsTheEasyHalf() {
    int size = 400;
    float[] losses = new float[size];
    int[] foldOf = new int[size];
    RandomStream random = RandomStream.of(3, Purpose.SCORER_FOLDS, 0, 0);
    for (int i = 0; i < size; i++) {
      foldOf[i] = i % 2;
      losses[i] = (float) (Math.exp(random.nextGaussian()) * (foldOf[i] == 0 ? 0.01 : 1));
    }
    float[] matched = QuantileMatching.apply(losses, new int[size], foldOf, 1, 2);
    long sureBefore = easyHalfOfFoldZero(losses, foldOf);
    long sureAfter = easyHalfOfFoldZero(matched, foldOf);
    assertTrue(sureBefore > 190, "before " + sureBefore);
    assertEquals(100, sureAfter);
  }

  private static long easyHalfOfFoldZero(float[] losses, int[] foldOf) {
    return IntStream.range(0, losses.length)
        .boxed()
        .sorted((a, b) -> Float.compare(losses[a], losses[b]))
        .limit(losses.length / 2)
        .filter(i -> foldOf[i] == 0)
        .count();
  }
}
