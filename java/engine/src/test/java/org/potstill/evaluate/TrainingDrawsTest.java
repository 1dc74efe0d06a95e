package org.potstill.evaluate;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.bytedeco.javacpp.PointerScope;
import org.junit.jupiter.api.Test;
import org.potstill.config.Config;
import org.potstill.config.ConfigLoader;
import org.potstill.kernels.CpuKernels;
import org.potstill.net.Network;
import org.potstill.random.RandomStream;
import org.potstill.tensor.LibTorch;
import org.potstill.tensor.NamedTensors;
import org.potstill.tensor.Precision;
import org.potstill.tensor.RowParts;
import org.potstill.tensor.Tensors;

class TrainingDrawsTest {

  @Test
  void everySeedRepeatAndStepHasDrawsOfItsOwn() {
    Set<String> orders = new HashSet<>();
    Set<Integer> streams = new HashSet<>();
    for (int seed = 0; seed < 2; seed++) {
      for (int repeat = 0; repeat < 3; repeat++) {
        TrainingDraws draws = TrainingDraws.of(seed, repeat);
        for (int step = 0; step < 3; step++) {
          orders.add(Arrays.toString(draws.order(step, 30)));
          streams.add(draws.augmentation(step).nextBits());
          streams.add(draws.dropout(step).nextBits());
          assertArrayEquals(draws.order(step, 30), TrainingDraws.of(seed, repeat).order(step, 30));
        }
      }
    }
    assertEquals(2 * 3 * 3, orders.size());
    assertEquals(2 * 3 * 3 * 2, streams.size());
  }

  /** Steps are counted over all epochs; six images are two of them, the second a smaller one. */
  @Test
  void aTrainingTakesTheDrawsOfEveryStepOnce() {
    LibTorch.load();
    List<String> taken = new ArrayList<>();
    TrainingDraws own = TrainingDraws.of(1, 0);
    TrainingDraws draws =
        new TrainingDraws() {
          @Override
          public int[] order(int epoch, int size) {
            taken.add("order " + epoch + " of " + size);
            return own.order(epoch, size);
          }

          @Override
          public RandomStream augmentation(long step) {
            taken.add("augmentation " + step);
            return own.augmentation(step);
          }

          @Override
          public RandomStream dropout(long step) {
            taken.add("dropout " + step);
            return own.dropout(step);
          }
        };
    Config config =
        ConfigLoader.of(
            EvaluationRuns.with(
                "evaluate.epochs=2", "evaluate.batch=4", "evaluate.augment=flip_crop"));
    Network network = EvaluationNetworks.of(config, EvaluationRuns.data()).get("convnet");
    try (PointerScope scope = new PointerScope();
        NamedTensors state = network.initialise(own.augmentation(9))) {
      EvaluationNetworks.training(
              config.evaluate(), 0.01, Precision.F32, new RowParts("x", "y"), new CpuKernels(1))
          .run(
              network,
              state,
              Tensors.of(new float[6 * 8 * 8], 6, 1, 8, 8),
              Tensors.of(new long[6], 6),
              draws,
              (epoch, loss, accuracy) -> {})
          .close();
    }
    assertEquals(
        List.of(
            "order 0 of 6",
            "augmentation 0",
            "dropout 0",
            "augmentation 1",
            "dropout 1",
            "order 1 of 6",
            "augmentation 2",
            "dropout 2",
            "augmentation 3",
            "dropout 3"),
        taken);
  }
}
