package org.potstill.augment;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.potstill.augment.DcAugmentation.Draw;
import org.potstill.augment.DcAugmentation.Operation;
import org.potstill.random.Purpose;
import org.potstill.random.RandomStream;
import org.potstill.tensor.LibTorch;
import org.potstill.tensor.Tensors;

class DcAugmentationTest {

  private static final float CLOSE = 1e-5f;

  @BeforeAll
  static void loadLibTorch() {
    LibTorch.load();
  }

  private static RandomStream random(int index) {
    return RandomStream.of(7, Purpose.EVALUATION_AUGMENTATION, 0, index);
  }

  private static float[] applied(Tensor images, Draw... draws) {
    return Tensors.toFloats(DcAugmentation.apply(images, List.of(draws)).contiguous());
  }

  @Test
  void numbersLieInThePublishedRanges() {
    Map<Operation, TreeSet<Float>> first = new EnumMap<>(Operation.class);
    Map<Operation, TreeSet<Float>> second = new EnumMap<>(Operation.class);
    Map<Operation, Integer> counts = new EnumMap<>(Operation.class);
    RandomStream random = random(0);
    for (int i = 0; i < 9000; i++) {
      Draw draw = DcAugmentation.draw(random);
      counts.merge(draw.operation(), 1, Integer::sum);
      first.computeIfAbsent(draw.operation(), o -> new TreeSet<>()).add(draw.first());
      second.computeIfAbsent(draw.operation(), o -> new TreeSet<>()).add(draw.second());
    }
    assertEquals(3, counts.size());
    for (int count : counts.values()) {
      // Four standard deviations.
      assertEquals(3000, count, 4 * 45);
    }
    TreeSet<Float> pixels = new TreeSet<>(List.of(-4f, -3f, -2f, -1f, 0f, 1f, 2f, 3f));
    assertEquals(pixels, first.get(Operation.SHIFT));
    assertEquals(pixels, second.get(Operation.SHIFT));
    for (TreeSet<Float> shares : List.of(first.get(Operation.SCALE), second.get(Operation.SCALE))) {
      assertTrue(shares.first() >= 0.8f && shares.first() < 0.801f, shares.first()::toString);
      assertTrue(shares.last() <= 1.2f && shares.last() > 1.199f, shares.last()::toString);
    }
    assertEquals(90, first.get(Operation.TURN).size());
    assertEquals((float) (-Math.PI / 4), first.get(Operation.TURN).first());
    assertEquals((float) (44 * Math.PI / 180), first.get(Operation.TURN).last());
    assertEquals(Collections.singleton(0f), second.get(Operation.TURN));
  }

  @Test
  void whatIsShiftedInIsTheMeanOfTheChannelInTheBatch() {
    try (PointerScope scope = new PointerScope()) {
      // Two images of two channels of 2 x 2; the channels have the means 4.5 and 6.
      Tensor images =
          Tensors.of(new float[] {1, 2, 3, 4, 10, 10, 10, 10, 5, 6, 7, 8, 2, 2, 2, 2}, 2, 2, 2, 2);
      float[] found =
          applied(images, new Draw(Operation.SHIFT, 1, 0), new Draw(Operation.SHIFT, 0, -1));
      float[] expected = {3, 4, 4.5f, 4.5f, 10, 10, 6, 6, 4.5f, 5, 4.5f, 7, 6, 2, 6, 2};
      assertArrayEquals(expected, found, CLOSE);
    }
  }

  @Test
  void whatIsScaledKeepsItsCentreAndHasZerosAround() {
    try (PointerScope scope = new PointerScope()) {
      // From the centre, pixels lie at -2 to 2; half of the width brings those at 1 to 0.5.
      Tensor row = Tensors.of(new float[] {1, 2, 3, 4, 5}, 1, 1, 1, 5).expand(1, 1, 3, 5);
      float[] found = applied(row, new Draw(Operation.SCALE, 1, 0.5f));
      float[] expected = {0, 1, 3, 5, 0, 0, 1, 3, 5, 0, 0, 1, 3, 5, 0};
      assertArrayEquals(expected, found, CLOSE);
      Tensor column = Tensors.of(new float[] {1, 2, 3, 4, 5}, 1, 1, 5, 1).expand(1, 1, 5, 3);
      found = applied(column, new Draw(Operation.SCALE, 2, 1));
      expected = new float[] {2, 2, 2, 2.5f, 2.5f, 2.5f, 3, 3, 3, 3.5f, 3.5f, 3.5f, 4, 4, 4};
      assertArrayEquals(expected, found, CLOSE);
    }
  }

  @Test
  void whatIsTurnedHasTheMeanOfAllChannelsAround() {
    try (PointerScope scope = new PointerScope()) {
      Tensor image = Tensors.of(new float[] {1, 2, 3, 4, 5, 6, 7, 8, 9}, 1, 1, 3, 3);
      float quarter = (float) (Math.PI / 2);
      float[] found = applied(image, new Draw(Operation.TURN, quarter, 0));
      assertArrayEquals(new float[] {3, 6, 9, 2, 5, 8, 1, 4, 7}, found, CLOSE);
      // By an eighth, the corners come from outside; the channels have the means 1 and 3.
      Tensor plain = Tensors.of(new float[] {1, 3}, 1, 2, 1, 1).expand(1, 2, 9, 9);
      float[] turned = applied(plain, new Draw(Operation.TURN, quarter / 2, 0));
      assertEquals(2, turned[0], CLOSE);
      assertEquals(2, turned[81], CLOSE);
      assertEquals(1, turned[40], CLOSE);
      assertEquals(3, turned[81 + 40], CLOSE);
    }
  }

  @Test
  void everyImageHasItsOwnDrawAndTheInputStays() {
    try (PointerScope scope = new PointerScope()) {
      float[] values = new float[12 * 2 * 8 * 8];
      random(1).fillGaussian(values, 0, 1);
      Tensor images = Tensors.of(values, 12, 2, 8, 8);
      RandomStream draws = random(2);
      List<Draw> drawn = Stream.generate(() -> DcAugmentation.draw(draws)).limit(12).toList();
      assertEquals(3, drawn.stream().map(Draw::operation).distinct().count());
      Tensor together = Augmentation.of("dc").augmented(images, random(2));
      assertArrayEquals(new long[] {12, 2, 8, 8}, Tensors.shape(together));
      assertArrayEquals(values, Tensors.toFloats(images));
      for (int i = 0; i < 12; i++) {
        int image = i;
        // The batch stays, since its mean is what moves in.
        List<Draw> rest =
            IntStream.range(0, 12)
                .mapToObj(j -> j == image ? drawn.get(j) : new Draw(Operation.SHIFT, 0, 0))
                .toList();
        Tensor alone = DcAugmentation.apply(images, rest);
        assertArrayEquals(
            Tensors.toFloats(alone.select(0, i).contiguous()),
            Tensors.toFloats(together.select(0, i).contiguous()));
        if (i > 0) {
          assertArrayEquals(
              Tensors.toFloats(images.select(0, 0).contiguous()),
              Tensors.toFloats(alone.select(0, 0).contiguous()),
              CLOSE);
        }
      }
    }
  }

  @Test
  void otherNamesAreStrategiesOfDsa() {
    assertTrue(Augmentation.of("dc") instanceof DcAugmentation);
    assertTrue(((SiameseAugmentation) Augmentation.of("")).isNone());
    assertFalse(((SiameseAugmentation) Augmentation.of("crop_flip")).isNone());
  }
}
