package org.potstill.net;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.potstill.random.Purpose;
import org.potstill.random.RandomStream;
import org.potstill.tensor.ChannelsLast;
import org.potstill.tensor.LibTorch;
import org.potstill.tensor.NamedTensors;
import org.potstill.tensor.Segments;
import org.potstill.tensor.Tensors;

class LayersTest {

  private static final int CHANNELS = 4;

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

  /** As kernels hand them on: added up one by one, 262144 values lose three digits. */
  @Test
  void theStatisticsOfLargeBatchesAreExactWithTheChannelsLast() {
    try (PointerScope scope = new PointerScope();
        NamedTensors state = batchNorm()) {
      float[] values = new float[16 * CHANNELS * 128 * 128];
      RandomStream.of(5, Purpose.NETWORK_INITIALISATION, 0, 0).fillGaussian(values, 0.5, 1);
      Tensor maps = ChannelsLast.of(Tensors.of(values, 16, CHANNELS, 128, 128));
      Tensor exact = maps.to(torch.ScalarType.Double).var(new long[] {0, 2, 3}, true);
      assertNear(exact, moved(state, maps, null));
      assertNear(exact, moved(state, maps, new Segments()));
      assertNear(exact, moved(state, maps.detach().requires_grad_(true), null));
    }
  }

  private static NamedTensors batchNorm() {
    NamedTensors state = new NamedTensors();
    for (String entry : new String[] {"weight", "bias", "running_mean", "running_var"}) {
      state.put("bn." + entry, Tensors.of(new float[CHANNELS], CHANNELS));
    }
    return state;
  }

  /** The variance that a pass moves the running one, of 0, to. */
  private static Tensor moved(NamedTensors state, Tensor maps, Segments segments) {
    Layers layers = new Layers(state, Pass.TRAIN, null, segments);
    layers.norm(Norm.BATCH, "bn", maps);
    try (NamedTensors buffers = layers.movedBuffers()) {
      return buffers.get("bn.running_var").mul(new Scalar(10.0));
    }
  }

  private static void assertNear(Tensor exact, Tensor found) {
    double off = found.sub(exact).div(exact).abs().max().item_double();
    assertTrue(off < 1e-6, "off by " + off);
  }
}
