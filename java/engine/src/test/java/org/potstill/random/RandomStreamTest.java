package org.potstill.random;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class RandomStreamTest {

  /** Known answers of the Random123 distribution for philox4x32-10. */
  @Test
  void philoxEqualsTheKnownAnswers() {
    int[] zero = new int[4];
    Philox.block(zero, 0, 0);
    assertArrayEquals(new int[] {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}, zero);

    int[] ones = {-1, -1, -1, -1};
    Philox.block(ones, -1, -1);
    assertArrayEquals(new int[] {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}, ones);

    int[] pi = {0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344};
    Philox.block(pi, 0xa4093822, 0x299f31d0);
    assertArrayEquals(new int[] {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}, pi);
  }

  @Test
  void sameCoordinatesGiveTheSameNumbers() {
    assertArrayEquals(
        RandomStream.of(5, Purpose.REAL_BATCH, 7, 2).permutation(100),
        RandomStream.of(5, Purpose.REAL_BATCH, 7, 2).permutation(100));
  }

  private static RandomStream known() {
    return RandomStream.of(5, Purpose.REAL_BATCH, 7, 2);
  }

  /**
   * What another implementation of SplitMix64 and Philox gives: a seed means the same numbers in
   * every version.
   */
  @Test
  void numbersOfASeedAreTheKnownOnes() {
    assertEquals(
        new RandomStream.Position(0x777f9afbbe939075L, 0x443f48e7a66e3c0bL, 0), known().position());
    RandomStream bits = known();
    for (int expected : new int[] {0xd4d39bd5, 0xbb46e731, 0xf6e4568d, 0xa30c4163, 0x3603d8fe}) {
      assertEquals(expected, bits.nextBits());
    }
    RandomStream far = known();
    far.skip((1L << 35) + 5);
    assertEquals(0x52679033, far.nextBits());
    RandomStream fractions = known();
    assertEquals(0.8313538933660882, fractions.nextDouble());
    assertEquals(0.9644216644533407, fractions.nextDouble());
    assertEquals(831, known().nextInt(1000));
    assertArrayEquals(new int[] {0, 3, 9, 2, 5, 1, 4, 7, 6, 8}, known().permutation(10));
    assertArrayEquals(new int[] {0, 3, 9}, known().sample(10, 3));
  }

  @Test
  void arraysAreFilledWithTheKnownNumbers() {
    float[] uniform = new float[2];
    known().fillUniform(uniform, -1, 3);
    assertArrayEquals(new float[] {4 * 0.83135384f - 1, 4 * 0.73155063f - 1}, uniform, 1e-6f);
    float[] normal = new float[4];
    known().fillGaussian(normal, 10, 2);
    double[] standard = {1.83982387992, -0.418274667312, -0.453138001702, -0.518299382154};
    for (int i = 0; i < normal.length; i++) {
      assertEquals(10 + 2 * standard[i], normal[i], 1e-5);
    }
  }

  /** In the middle of a block, and of a pair of normal numbers. */
  @Test
  void copyGoesOnWhereTheStreamIs() {
    RandomStream random = RandomStream.of(5, Purpose.DROPOUT, 7, 2);
    random.nextBits();
    random.nextGaussian();
    RandomStream copy = random.copy();
    float[] expected = new float[9];
    float[] values = new float[9];
    copy.fillGaussian(expected, 0, 1);
    random.fillGaussian(values, 0, 1);
    assertArrayEquals(expected, values);
    assertEquals(copy.nextBits(), random.nextBits());
    assertEquals(
        RandomStream.of(5, Purpose.DROPOUT, 7, 2).copy().nextBits(),
        RandomStream.of(5, Purpose.DROPOUT, 7, 2).nextBits());
  }

  @Test
  void skippedDrawsAreTheNextOnes() {
    for (int before = 0; before < 6; before++) {
      for (int skipped = 0; skipped < 10; skipped++) {
        RandomStream random = RandomStream.of(5, Purpose.DROPOUT, 7, 2);
        RandomStream other = random.copy();
        for (int i = 0; i < before; i++) {
          random.nextBits();
          other.nextBits();
        }
        for (int i = 0; i < skipped; i++) {
          random.nextBits();
        }
        other.skip(skipped);
        assertEquals(before + skipped, other.position().draws());
        assertEquals(random.position(), other.position());
        assertEquals(random.nextBits(), other.nextBits());
      }
    }
  }

  @Test
  void everyCoordinateChangesTheNumbers() {
    Set<Integer> first = new HashSet<>();
    first.add(RandomStream.of(5, Purpose.REAL_BATCH, 7, 2).nextBits());
    first.add(RandomStream.of(6, Purpose.REAL_BATCH, 7, 2).nextBits());
    first.add(RandomStream.of(5, Purpose.DROPOUT, 7, 2).nextBits());
    first.add(RandomStream.of(5, Purpose.REAL_BATCH, 8, 2).nextBits());
    first.add(RandomStream.of(5, Purpose.REAL_BATCH, 7, 3).nextBits());
    first.add(RandomStream.of(5, Purpose.REAL_BATCH, 2, 7).nextBits());
    assertEquals(6, first.size());
  }

  @Test
  void uniformAndNormalDrawsHaveTheirMoments() {
    RandomStream random = RandomStream.of(1, Purpose.DROPOUT, 0, 0);
    int count = 200_000;
    double uniform = 0;
    double normal = 0;
    double square = 0;
    for (int i = 0; i < count; i++) {
      float value = random.nextFloat();
      assertTrue(value >= 0 && value < 1);
      uniform += value;
      double gaussian = random.nextGaussian();
      normal += gaussian;
      square += gaussian * gaussian;
    }
    assertEquals(0.5, uniform / count, 0.003);
    assertEquals(0, normal / count, 0.01);
    assertEquals(1, square / count, 0.02);
  }

  @Test
  void integersCoverTheirRangeEvenly() {
    RandomStream random = RandomStream.of(2, Purpose.DROPOUT, 0, 0);
    int[] counts = new int[7];
    for (int i = 0; i < 70_000; i++) {
      counts[random.nextInt(7)]++;
    }
    for (int count : counts) {
      assertEquals(10_000, count, 400);
    }
    assertThrows(IllegalArgumentException.class, () -> random.nextInt(0));
  }

  /** Of 8 successive products 3, 3 and 2 have the same integer: one of the 8 is drawn again. */
  @Test
  void integersBelowALargeBoundHaveNoBias() {
    RandomStream random = RandomStream.of(2, Purpose.DROPOUT, 0, 0);
    int[] counts = new int[3];
    for (int i = 0; i < 30_000; i++) {
      counts[random.nextInt(3 << 29) % 3]++;
    }
    for (int count : counts) {
      assertEquals(10_000, count, 400);
    }
  }

  @Test
  void sampleHoldsNoneOrAllButNotMore() {
    assertArrayEquals(new int[0], known().sample(3, 0));
    assertEquals(3, Arrays.stream(known().sample(3, 3)).distinct().count());
    assertThrows(IllegalArgumentException.class, () -> known().sample(3, 4));
    assertThrows(IllegalArgumentException.class, () -> known().sample(3, -1));
  }

  @Test
  void aPermutationHoldsEveryNumberOnce() {
    int[] order = RandomStream.of(3, Purpose.DROPOUT, 0, 0).permutation(1000);
    int[] sorted = order.clone();
    Arrays.sort(sorted);
    for (int i = 0; i < sorted.length; i++) {
      assertEquals(i, sorted[i]);
    }
    assertNotEquals(Arrays.toString(sorted), Arrays.toString(order));
  }
}
