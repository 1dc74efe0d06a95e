package org.potstill.net;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.potstill.random.Purpose;
import org.potstill.random.RandomStream;
import org.potstill.tensor.LibTorch;
import org.potstill.tensor.Tensors;

class InstanceNormTest {

  private static final double EPSILON = 1e-5;

  /** LibTorch's own channels-last kernel for large maps differs from its other one by 6e-5. */
  private static final float CLOSE = 2e-4f;

  @BeforeAll
  static void loadLibTorch() {
    LibTorch.load();
  }

  private static Tensor random(int index, float mean, long... shape) {
    long size = 1;
    for (long length : shape) {
      size *= length;
    }
    float[] values = new float[(int) size];
    RandomStream.of(9, Purpose.DROPOUT, 0, index).fillGaussian(values, mean, 1);
    return Tensors.of(values, shape);
  }

  @ParameterizedTest
  @CsvSource({"1, 1, 1", "3, 5, 1", "2, 8, 2", "2, 17, 31", "2, 4, 32", "1, 3, 40"})
  void everyLayoutEqualsGroupNorm(int images, int channels, int side) {
    try (PointerScope scope = new PointerScope()) {
      Tensor input = random(0, 3, images, channels, side, side);
      Tensor scale = random(1, 1, channels);
      Tensor shift = random(2, 0, channels);
      float[] expected =
          Tensors.toFloats(
              torch.group_norm(
                  input,
                  channels,
                  new TensorOptional(scale),
                  new TensorOptional(shift),
                  EPSILON,
                  true));
      Tensor channelsLast = input.contiguous(torch.MemoryFormat.ChannelsLast);
      Tensor found = InstanceNorm.apply(channelsLast, scale, shift, EPSILON);
      assertTrue(found.is_contiguous(torch.MemoryFormat.ChannelsLast));
      assertArrayEquals(expected, Tensors.toFloats(found), CLOSE);
      assertArrayEquals(
          expected, Tensors.toFloats(InstanceNorm.apply(input, scale, shift, EPSILON)), CLOSE);
      Tensor leaf = channelsLast.detach().requires_grad_(true);
      assertTrue(InstanceNorm.apply(leaf, scale, shift, EPSILON).requires_grad());
      try (NoGradGuard guard = new NoGradGuard()) {
        assertArrayEquals(
            expected, Tensors.toFloats(InstanceNorm.apply(leaf, scale, shift, EPSILON)), CLOSE);
      }
    }
  }
}
