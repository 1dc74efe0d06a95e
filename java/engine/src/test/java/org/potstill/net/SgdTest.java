package org.potstill.net;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.potstill.fixtures.Closeness.assertMaxAbsolute;

import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.potstill.fixtures.Closeness;
import org.potstill.random.Purpose;
import org.potstill.random.RandomStream;
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
    float[] start = new float[SIZE];
    for (int i = 0; i < SIZE; i++) {
      start[i] = i * 0.1f;
    }
    try (PointerScope scope = new PointerScope();
        NamedTensors state = new NamedTensors()) {
      state.put("w", Tensors.of(start, SIZE));
      Sgd optimiser = new Sgd(momentum, decay);
      for (int step = 0; step < STEPS; step++) {
        if (step == interruptedAt) {
          Sgd resumed = new Sgd(momentum, decay);
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
}
