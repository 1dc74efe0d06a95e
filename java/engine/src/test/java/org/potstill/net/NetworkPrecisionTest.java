package org.potstill.net;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.potstill.fixtures.Closeness;
import org.potstill.random.Purpose;
import org.potstill.random.RandomStream;
import org.potstill.tensor.LibTorch;
import org.potstill.tensor.NamedTensors;
import org.potstill.tensor.Precision;
import org.potstill.tensor.RowParts;
import org.potstill.tensor.Tensors;

class NetworkPrecisionTest {

  /** Of a loss of values rounded to 8 bits at every layer. */
  private static final double LOSS = 0.05;

  /**
   * How many times as far as by rounding the parameters alone a gradient may move where every map
   * is rounded. Deep networks with norms of small maps move far either way.
   */
  private static final double TIMES = 4;

  private static final int CLASSES = 4;
  private static final int SIDE = 32;

  private static LibTorch.ThreadSettings threads;

  @BeforeAll
  static void holdThreads() {
    threads = LibTorch.withThreads(1);
  }

  @AfterAll
  static void restoreThreads() {
    threads.close();
  }

  private static Tensor images(int count) {
    float[] values = new float[count * 3 * SIDE * SIDE];
    RandomStream.of(7, Purpose.DISTILL_AUGMENTATION, 0, 0).fillGaussian(values, 0, 1);
    return Tensors.of(values, count, 3, SIDE, SIDE);
  }

  private static NamedTensors state(Network network) {
    return network.initialise(RandomStream.of(7, Purpose.NETWORK_INITIALISATION, 0, 0));
  }

  private static BatchGradients.Found gradients(Network network, Precision precision) {
    try (NamedTensors state = state(network)) {
      return gradients(network, state, precision);
    }
  }

  /** In single precision, with parameters that were rounded. */
  private static BatchGradients.Found rounded(Network network) {
    try (NamedTensors state = state(network);
        NamedTensors rounded =
            state.map(t -> t.to(torch.ScalarType.BFloat16).to(t.scalar_type()))) {
      return gradients(network, rounded, Precision.F32);
    }
  }

  private static BatchGradients.Found gradients(
      Network network, NamedTensors state, Precision precision) {
    List<String> names = network.parameterNames();
    names.forEach(name -> state.get(name).requires_grad_(true));
    Tensor labels = Tensors.of(new long[] {0, 1, 2, 3, 0, 1}, 6);
    return new BatchGradients(network, state, names, precision, new RowParts("x", "y"))
        .of(images(6), labels, Pass.TRAIN);
  }

  @ParameterizedTest
  @ValueSource(strings = {"convnet", "convnet-gap", "alexnet", "vgg11", "resnet18", "vit"})
  void coarseGradientsAreThoseOfSinglePrecisionUpToRounding(String name) {
    Network network = Networks.create(NetworkSpec.of(name, SIDE, 3, CLASSES));
    try (PointerScope scope = new PointerScope()) {
      BatchGradients.Found exact = gradients(network, Precision.F32);
      BatchGradients.Found coarse = gradients(network, Precision.BF16);
      assertEquals(exact.loss(), coarse.loss(), LOSS * exact.loss());
      assertFalse(exact.loss() == coarse.loss(), "nothing was rounded");
      double[] expected = flat(exact.gradients());
      double[] found = flat(coarse.gradients());
      assertFalse(Arrays.equals(expected, found), "nothing was rounded");
      assertSame(torch.ScalarType.Float, coarse.gradients().get(0).scalar_type().intern());
      double yardstick = distance(expected, flat(rounded(network).gradients()));
      assertTrue(yardstick < 0.5, name + " by rounded parameters " + yardstick);
      Closeness.assertRelativeL2(name, expected, found, TIMES * yardstick);
    }
  }

  private static double distance(double[] expected, double[] found) {
    double squares = 0;
    double norm = 0;
    for (int i = 0; i < expected.length; i++) {
      squares += (found[i] - expected[i]) * (found[i] - expected[i]);
      norm += expected[i] * expected[i];
    }
    return Math.sqrt(squares / norm);
  }

  private static double[] flat(List<Tensor> tensors) {
    return tensors.stream().flatMapToDouble(t -> Arrays.stream(Closeness.doubles(t))).toArray();
  }

  @Test
  void coarsePassesGiveSinglePrecisionAndLeaveNoTrace() {
    Network network = Networks.create(NetworkSpec.of("convnet", SIDE, 3, CLASSES));
    try (PointerScope scope = new PointerScope();
        NamedTensors state = state(network)) {
      Tensor images = images(2);
      float[] exact = Tensors.toFloats(network.logits(state, images, Pass.EVAL).value());
      try (Precision.Scope computing = Precision.BF16.on(images)) {
        Tensor logits = network.logits(state, images, Pass.EVAL).value();
        assertSame(torch.ScalarType.Float, logits.scalar_type().intern());
        assertFalse(Arrays.equals(exact, Tensors.toFloats(logits)), "nothing was rounded");
      }
      float[] after = Tensors.toFloats(network.logits(state, images, Pass.EVAL).value());
      assertTrue(Arrays.equals(exact, after));
    }
  }

  /** Rounded parameters must not be kept from one step to the next. */
  @Test
  void stepsInCoarsePrecisionSeeTheParametersAsTheyAre() {
    Network network = Networks.create(NetworkSpec.of("convnet", SIDE, 3, CLASSES));
    try (PointerScope scope = new PointerScope();
        NamedTensors state = state(network);
        NetworkTrainer trainer =
            new NetworkTrainer(
                network, state, new Sgd(0, 0), Precision.BF16, new RowParts("x", "y"))) {
      Tensor labels = Tensors.of(new long[] {0, 1, 2, 3}, 4);
      double first = trainer.step(images(4), labels, Pass.TRAIN, 0.05).loss();
      double loss = first;
      for (int step = 0; step < 5; step++) {
        loss = trainer.step(images(4), labels, Pass.TRAIN, 0.05).loss();
      }
      assertTrue(loss < 0.9 * first, loss + " after " + first);
    }
  }
}
