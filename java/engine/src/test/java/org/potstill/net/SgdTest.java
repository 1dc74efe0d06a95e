package org.potstill.net;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.potstill.fixtures.Closeness.assertMaxAbsolute;

import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.potstill.fixtures.Closeness;
import org.potstill.kernels.Kernels;
import org.potstill.random.Purpose;
import org.potstill.random.RandomStream;
import org.potstill.tensor.EngineKernels;
import org.potstill.tensor.LibTorch;
import org.potstill.tensor.NamedTensors;
import org.potstill.tensor.Tensors;

class SgdTest {

  private static final int SIZE = 37;
  private static final int STEPS = 25;
  private static final double ROUNDING = 1e-5;

  @BeforeAll
  static void load() {
    LibTorch.load();
  }

  private static float[] gradient(int step) {
    float[] values = new float[SIZE];
    RandomStream.of(5, Purpose.EVALUATION_BATCHES, step, 0).fillGaussian(values, 0, 1);
    return values;
  }

  /** The update rule of PyTorch's documentation in double precision. */
  private static double[] oracle(double momentum, double decay, double rate) {
    double[] parameter = new double[SIZE];
    double[] velocity = new double[SIZE];
    for (int i = 0; i < SIZE; i++) {
      parameter[i] = i * 0.1;
    }
    for (int step = 0; step < STEPS; step++) {
      float[] gradient = gradient(step);
      for (int i = 0; i < SIZE; i++) {
        double g = gradient[i] + decay * parameter[i];
        velocity[i] = step == 0 ? g : momentum * velocity[i] + g;
        parameter[i] -= rate * velocity[i];
      }
    }
    return parameter;
  }

  private static double[] trained(double momentum, double decay, double rate, int interruptedAt) {
    return trained(momentum, decay, rate, interruptedAt, null);
  }

  private static double[] trained(
      double momentum, double decay, double rate, int interruptedAt, Kernels kernels) {
    float[] start = new float[SIZE];
    for (int i = 0; i < SIZE; i++) {
      start[i] = i * 0.1f;
    }
    try (PointerScope scope = new PointerScope();
        NamedTensors state = new NamedTensors()) {
      state.put("w", Tensors.of(start, SIZE));
      Sgd optimiser = new Sgd(momentum, decay, kernels);
      for (int step = 0; step < STEPS; step++) {
        if (step == interruptedAt) {
          Sgd resumed = new Sgd(momentum, decay, kernels);
          resumed.restore(optimiser.velocity());
          optimiser.close();
          optimiser = resumed;
        }
        Tensor[] gradients = {Tensors.of(gradient(step), SIZE)};
        optimiser.step(state, List.of("w"), gradients, rate);
      }
      optimiser.close();
      return Closeness.doubles(state.get("w"));
    }
  }

  @Test
  void plainStepsEqualTheRule() {
    assertMaxAbsolute("plain", oracle(0, 0, 0.1), trained(0, 0, 0.1, -1), ROUNDING);
  }

  @Test
  void momentumAndDecayEqualTheRule() {
    assertMaxAbsolute(
        "momentum", oracle(0.9, 5e-4, 0.1), trained(0.9, 5e-4, 0.1, -1), 10 * ROUNDING);
  }

  @Test
  void resumedStepsAreBitIdentical() {
    double[] whole = trained(0.9, 5e-4, 0.1, -1);
    double[] resumed = trained(0.9, 5e-4, 0.1, 11);
    for (int i = 0; i < SIZE; i++) {
      assertEquals(whole[i], resumed[i]);
    }
  }

  @Test
  void stepsByTheKernelEqualTheRule() {
    Kernels kernels = EngineKernels.byName("auto", 2);
    assertMaxAbsolute(
        "kernel", oracle(0.9, 5e-4, 0.1), trained(0.9, 5e-4, 0.1, -1, kernels), 10 * ROUNDING);
    assertArrayEquals(trained(0.9, 5e-4, 0.1, -1, kernels), trained(0.9, 5e-4, 0.1, 11, kernels));
    assertArrayEquals(trained(0, 0, 0.1, -1), trained(0, 0, 0.1, -1, kernels));
  }

  /** The kernel sees memory, not the order of its dimensions. */
  @Test
  void tensorsOfAnyOrderMoveAlike() {
    try (PointerScope scope = new PointerScope()) {
      List<Tensor> orders = List.of(rowMajor(1), channelsLast(1), everySecond(1));
      for (Tensor parameter : orders) {
        for (Tensor gradient : List.of(rowMajor(2), channelsLast(2), everySecond(2))) {
          double[] expected = moved(parameter, gradient, null);
          double[] found = moved(parameter, gradient, EngineKernels.byName("auto", 2));
          assertMaxAbsolute("order", expected, found, ROUNDING);
        }
      }
    }
  }

  private static Tensor rowMajor(int seed) {
    float[] values = new float[4 * 3 * 5 * 5];
    RandomStream.of(seed, Purpose.EVALUATION_BATCHES, 0, 0).fillGaussian(values, 0, 1);
    return Tensors.of(values, 4, 3, 5, 5);
  }

  private static Tensor channelsLast(int seed) {
    return rowMajor(seed).contiguous(torch.MemoryFormat.ChannelsLast);
  }

  /** With gaps between its elements. */
  private static Tensor everySecond(int seed) {
    return torch.stack(new TensorVector(rowMajor(seed), rowMajor(seed + 9)), 4).select(4, 0);
  }

  /** Where three steps take a copy of {@code parameter}, in row-major order. */
  private static double[] moved(Tensor parameter, Tensor gradient, Kernels kernels) {
    try (NamedTensors state = new NamedTensors();
        Sgd sgd = new Sgd(0.9, 5e-4, kernels)) {
      Tensor copy = torch.empty_like(parameter);
      copy.copy_(parameter);
      state.put("w", copy);
      for (int step = 0; step < 3; step++) {
        sgd.step(state, List.of("w"), new Tensor[] {gradient}, 0.1);
      }
      return Closeness.doubles(state.get("w").contiguous());
    }
  }
}
