package org.potstill.augment;

import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.potstill.fixtures.Closeness;
import org.potstill.random.Purpose;
import org.potstill.random.RandomStream;
import org.potstill.tensor.LibTorch;
import org.potstill.tensor.Tensors;

/** Sampling by gathering, which deterministic runs on a GPU use, against LibTorch's operator. */
class AffineTest {

  private static final double CLOSE = 2e-6;
  private static final int COUNT = 3;

  @BeforeAll
  static void loadLibTorch() {
    LibTorch.load();
  }

  private static Tensor random(int index, long... shape) {
    int size = 1;
    for (long length : shape) {
      size *= (int) length;
    }
    float[] values = new float[size];
    RandomStream.of(3, Purpose.DISTILL_AUGMENTATION, 0, index).fillGaussian(values, 0, 1);
    return Tensors.of(values, shape);
  }

  @ParameterizedTest
  @CsvSource({"1, 7, 9", "3, 7, 9", "1, 1, 5", "3, 16, 16"})
  void gatheredEqualsTheOperatorWithItsGradient(int grids, int height, int width) {
    try (PointerScope scope = new PointerScope()) {
      Tensor images = random(0, COUNT, 2, height, width).requires_grad_(true);
      // Also far outside of the image, and turned.
      Tensor matrices = random(1, grids, 2, 3);
      Tensor grid =
          torch.affine_grid_generator(matrices, new long[] {grids, 2, height, width}, true);
      Tensor expected =
          torch.grid_sampler(images, grid.expand(COUNT, height, width, 2), 0, 0, true);
      Tensor found = Affine.gathered(images, grid);
      Closeness.assertRelativeL2(
          "images", Closeness.doubles(expected), Closeness.doubles(found), CLOSE);
      Tensor upstream = random(2, COUNT, 2, height, width);
      Tensor[] inputs = {images};
      Closeness.assertRelativeL2(
          "gradient",
          Closeness.doubles(Tensors.gradients(expected, upstream, inputs, false)[0]),
          Closeness.doubles(Tensors.gradients(found, upstream, inputs, false)[0]),
          CLOSE);
    }
  }
}
