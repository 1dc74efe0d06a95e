package org.potstill.net;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.potstill.random.Purpose;
import org.potstill.random.RandomStream;
import org.potstill.tensor.LibTorch;
import org.potstill.tensor.Tensors;

class LayersTest {

  @BeforeAll
  static void loadLibTorch() {
    LibTorch.load();
  }

  /** What deterministic runs on a GPU use, against LibTorch's operator. */
  @ParameterizedTest
  @ValueSource(ints = {1, 4, 7, 8, 14, 16})
  void windowMaximaEqualTheAdaptivePoolingWithItsGradient(int side) {
    try (PointerScope scope = new PointerScope()) {
      float[] values = new float[2 * 3 * side * side];
      RandomStream.of(5, Purpose.NETWORK_INITIALISATION, 0, 0).fillGaussian(values, 0, 1);
      Tensor input = Tensors.of(values, 2, 3, side, side).requires_grad_(true);
      Tensor expected = torch.adaptive_max_pool2d(input, 7, 7).get0();
      Tensor found = Layers.windowMaxima(Layers.windowMaxima(input, 2, 7), 3, 7);
      assertArrayEquals(Tensors.toFloats(expected), Tensors.toFloats(found));
      Tensor upstream = torch.ones_like(expected);
      Tensor[] inputs = {input};
      assertArrayEquals(
          Tensors.toFloats(Tensors.gradients(expected, upstream, inputs, false)[0]),
          Tensors.toFloats(Tensors.gradients(found, upstream, inputs, false)[0]));
    }
  }
}
