package org.potstill.augment;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.potstill.errors.InputException;
import org.potstill.random.Purpose;
import org.potstill.random.RandomStream;
import org.potstill.tensor.LibTorch;
import org.potstill.tensor.Tensors;

class SiameseAugmentationTest {

  private static final String ALL = "color_crop_cutout_flip_scale_rotate";
  private static final float ROUNDING = 1e-5f;
  private static final int HEIGHT = 9;
  private static final int WIDTH = 12;

  @BeforeAll
  static void loadLibTorch() {
    LibTorch.load();
  }

  private static RandomStream random(long iteration) {
    return RandomStream.of(11, Purpose.DISTILL_AUGMENTATION, iteration, 0);
  }

  private static Tensor images(int count) {
    float[] values = new float[count * 3 * HEIGHT * WIDTH];
    random(999).fillGaussian(values, 0, 1);
    return Tensors.of(values, count, 3, HEIGHT, WIDTH);
  }

  @Test
  void everyOperationOfTheStrategyIsDrawn() {
    Set<AugmentOperation> drawn = EnumSet.noneOf(AugmentOperation.class);
    for (int i = 0; i < 200; i++) {
      drawn.add(SiameseAugmentation.of(ALL).drawShared(random(i), HEIGHT, WIDTH).operation());
    }
    assertEquals(EnumSet.allOf(AugmentOperation.class), drawn);
  }

  /** Those of {@code ParamDiffAug} in the code of the DSA paper. */
  @Test
  void strengthsAreThePublishedOnesWhereNoneAreGiven() {
    assertEquals(
        new AugmentParameters(0.5, 1.2, 15, 0.125, 0.5, 1, 2, 0.5), AugmentParameters.DEFAULT);
  }

  /** All numbers that are drawn for height and width. */
  private static List<Set<Float>> drawn(String operation) {
    List<Set<Float>> drawn = List.of(new TreeSet<>(), new TreeSet<>());
    for (int i = 0; i < 20; i++) {
      AugmentDraw draw =
          SiameseAugmentation.of(operation).drawPerSample(random(i), 64, HEIGHT, WIDTH);
      for (int side = 0; side < 2; side++) {
        for (float number : draw.values().get(side)) {
          drawn.get(side).add(number);
        }
      }
    }
    return drawn;
  }

  private static Set<Float> whole(int from, int to) {
    return IntStream.rangeClosed(from, to)
        .mapToObj(number -> (float) number)
        .collect(Collectors.toSet());
  }

  @Test
  void shiftsAndBoxesReachBothEndsOfTheirRanges() {
    // An eighth of the side, rounded.
    assertEquals(List.of(whole(-1, 1), whole(-2, 2)), drawn("crop"));
    // The box of 5 has its centre on a pixel of 9, that of 6 between two or at the ends of 12.
    assertEquals(List.of(whole(0, 8), whole(0, 12)), drawn("cutout"));
  }

  @ParameterizedTest
  @EnumSource
  void sharedDrawEqualsTheSameDrawForEachSample(AugmentOperation operation) {
    SiameseAugmentation augmentation = SiameseAugmentation.of(operation.word());
    for (int i = 0; i < 20; i++) {
      try (PointerScope scope = new PointerScope()) {
        Tensor images = images(4);
        AugmentDraw shared = augmentation.drawShared(random(i), HEIGHT, WIDTH);
        AugmentDraw each =
            new AugmentDraw(
                operation,
                shared.values().stream().map(v -> new float[] {v[0], v[0], v[0], v[0]}).toList());
        assertArrayEquals(
            Tensors.toFloats(augmentation.apply(images, each)),
            Tensors.toFloats(augmentation.apply(images, shared)),
            ROUNDING);
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void samplesOfABatchDoNotInfluenceEachOther(AugmentOperation operation) {
    SiameseAugmentation augmentation = SiameseAugmentation.of(operation.word());
    try (PointerScope scope = new PointerScope()) {
      Tensor images = images(5);
      AugmentDraw draw = augmentation.drawPerSample(random(3), 5, HEIGHT, WIDTH);
      Tensor together = augmentation.apply(images, draw);
      AugmentDraw third =
          new AugmentDraw(operation, draw.values().stream().map(v -> new float[] {v[2]}).toList());
      Tensor alone = augmentation.apply(images.narrow(0, 2, 1), third);
      assertArrayEquals(
          Tensors.toFloats(alone), Tensors.toFloats(together.narrow(0, 2, 1)), ROUNDING);
    }
  }

  @Test
  void cropAndCutoutStayWithinTheirBounds() {
    SiameseAugmentation augmentation = SiameseAugmentation.of("crop_cutout");
    try (PointerScope scope = new PointerScope()) {
      Tensor images = torch.ones(64, 1, HEIGHT, WIDTH);
      for (int i = 0; i < 40; i++) {
        AugmentDraw draw = augmentation.drawPerSample(random(i), 64, HEIGHT, WIDTH);
        double shown = augmentation.apply(images, draw).mean().item_double();
        assertTrue(shown > 0.4 && shown < 1, draw.operation() + " shows " + shown);
      }
    }
  }

  /** Where brightness is 1, its strength could as well be divided by. */
  @Test
  void coloursFollowTheirStrengthsByHand() {
    AugmentParameters strengths = new AugmentParameters(0, 1, 0, 0, 0, 0.5, 4, 0.25);
    SiameseAugmentation augmentation = SiameseAugmentation.of("color", strengths);
    AugmentDraw draw =
        new AugmentDraw(
            AugmentOperation.COLOR,
            List.of(new float[] {1}, new float[] {0.75f}, new float[] {0.25f}));
    try (PointerScope scope = new PointerScope()) {
      // Three channels of one pixel: 1/4 brighter, three times as far from grey, half as far from
      // the mean.
      Tensor images = Tensors.of(new float[] {0, 3, 6}, 1, 3, 1, 1);
      assertArrayEquals(
          new float[] {3.25f - 4.5f, 3.25f, 3.25f + 4.5f},
          Tensors.toFloats(augmentation.apply(images, draw)),
          ROUNDING);
    }
  }

  @Test
  void numbersBelowTheProbabilityFlip() {
    SiameseAugmentation augmentation = SiameseAugmentation.of("flip");
    float below = Math.nextDown(0.5f);
    try (PointerScope scope = new PointerScope()) {
      Tensor images = Tensors.of(new float[] {1, 2, 3, 4}, 2, 1, 1, 2);
      AugmentDraw each = new AugmentDraw(AugmentOperation.FLIP, List.of(new float[] {0.5f, below}));
      assertArrayEquals(
          new float[] {1, 2, 4, 3}, Tensors.toFloats(augmentation.apply(images, each)));
      AugmentDraw shared = new AugmentDraw(AugmentOperation.FLIP, List.of(new float[] {0.5f}));
      assertArrayEquals(
          new float[] {1, 2, 3, 4}, Tensors.toFloats(augmentation.apply(images, shared)));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "none", "None"})
  void emptyStrategyLeavesTheImagesAsTheyAre(String strategy) {
    SiameseAugmentation augmentation = SiameseAugmentation.of(strategy);
    assertTrue(augmentation.isNone());
    try (PointerScope scope = new PointerScope()) {
      Tensor images = images(2);
      Tensor same = augmentation.apply(images, augmentation.drawShared(random(0), HEIGHT, WIDTH));
      assertArrayEquals(Tensors.toFloats(images), Tensors.toFloats(same));
    }
  }

  @Test
  void unknownOperationIsNamedWithTheNearestOne() {
    InputException error =
        assertThrows(InputException.class, () -> SiameseAugmentation.of("color_cutoff_flip"));
    assertTrue(error.getMessage().contains("'cutoff'"), error.getMessage());
    assertTrue(error.getMessage().contains("did you mean \"cutout\""), error.getMessage());
  }

  @Test
  void drawForAnotherNumberOfSamplesIsRefused() {
    SiameseAugmentation augmentation = SiameseAugmentation.of("color");
    try (PointerScope scope = new PointerScope()) {
      Tensor images = images(2);
      AugmentDraw draw = augmentation.drawPerSample(random(0), 3, HEIGHT, WIDTH);
      assertThrows(IllegalArgumentException.class, () -> augmentation.apply(images, draw));
    }
  }
}
