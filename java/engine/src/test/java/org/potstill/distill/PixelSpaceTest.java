package org.potstill.distill;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Arrays;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.potstill.errors.InputException;
import org.potstill.random.Purpose;
import org.potstill.random.RandomStream;
import org.potstill.tensor.LibTorch;
import org.potstill.tensor.Placement;
import org.potstill.tensor.Tensors;

class PixelSpaceTest {

  private static final int[] COUNTS = {5, 3};

  @BeforeAll
  static void loadLibTorch() {
    LibTorch.load();
  }

  private static float[] values(Space space) {
    try (PointerScope scope = new PointerScope()) {
      return Tensors.toFloats(space.images(0));
    }
  }

  private static float[] noise(int images, long seed) {
    try (Space space = PixelSpace.noise(images, new long[] {3, 2, 5}, seed, 0.1, Placement.CPU);
        PointerScope scope = new PointerScope()) {
      assertArrayEquals(new long[] {images, 3, 2, 5}, Tensors.shape(space.images(0)));
      return values(space);
    }
  }

  /** So that more images do not change those before them. */
  @Test
  void everyNoisyImageIsDrawnByItself() {
    int pixels = 3 * 2 * 5;
    float[] all = noise(4, 7);
    for (int i = 0; i < 4; i++) {
      float[] expected = new float[pixels];
      RandomStream.of(7, Purpose.IMAGE_INITIALISATION, 0, i).fillGaussian(expected, 0, 1);
      assertArrayEquals(expected, Arrays.copyOfRange(all, i * pixels, (i + 1) * pixels));
    }
    assertNotEquals(all[0], noise(1, 8)[0]);
  }

  /** Images of one pixel, whose value is their number. */
  private static float[] real(int perClass, long seed) {
    float[] numbers = new float[Arrays.stream(COUNTS).sum()];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = i;
    }
    try (PointerScope scope = new PointerScope();
        CoreSetImages coreSet =
            new CoreSetImages(
                Tensors.of(numbers, numbers.length, 1, 1, 1), COUNTS, List.of("a", "b"));
        Space space = PixelSpace.real(coreSet, perClass, seed, 0.1)) {
      return values(space);
    }
  }

  @Test
  void realImagesAreDrawnClassAfterClassWithoutRepeats() {
    for (int seed = 0; seed < 20; seed++) {
      float[] drawn = real(3, seed);
      assertEquals(6, drawn.length);
      int[] first = RandomStream.of(seed, Purpose.IMAGE_INITIALISATION, 0, 0).sample(5, 3);
      for (int i = 0; i < 3; i++) {
        assertEquals(first[i], drawn[i]);
      }
      Arrays.sort(drawn, 3, 6);
      assertArrayEquals(new float[] {5, 6, 7}, Arrays.copyOfRange(drawn, 3, 6));
    }
  }

  @Test
  void aClassWithTooFewImagesIsRefused() {
    assertThrows(InputException.class, () -> real(4, 0));
  }

  @Test
  void theImagesThatWereGivenStayAsTheyAre() {
    try (PointerScope scope = new PointerScope()) {
      Tensor given = Tensors.of(new float[] {1, 2}, 2, 1, 1, 1);
      try (Space space = PixelSpace.of(given, 0.1)) {
        space.images(0).add_(given);
        assertArrayEquals(new float[] {1, 2}, Tensors.toFloats(given));
        assertArrayEquals(new float[] {2, 4}, values(space));
      }
    }
  }
}
