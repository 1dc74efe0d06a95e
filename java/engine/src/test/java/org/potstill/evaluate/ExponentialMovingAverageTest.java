package org.potstill.evaluate;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import org.bytedeco.javacpp.PointerScope;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.potstill.tensor.LibTorch;
import org.potstill.tensor.NamedTensors;
import org.potstill.tensor.Tensors;

class ExponentialMovingAverageTest {

  @BeforeAll
  static void load() {
    LibTorch.load();
  }

  @Test
  void withoutDecayTheAverageIsTheLatestState() {
    try (PointerScope scope = new PointerScope();
        NamedTensors state = new NamedTensors()) {
      state.put("w", Tensors.of(new float[] {1, 2}, 2));
      try (ExponentialMovingAverage average = new ExponentialMovingAverage(state, 0)) {
        for (float value = 3; value < 6; value++) {
          state.put("w", Tensors.of(new float[] {value, -value}, 2));
          average.update(state);
        }
        assertArrayEquals(new float[] {5, -5}, Tensors.toFloats(average.average().get("w")));
      }
    }
  }
}
