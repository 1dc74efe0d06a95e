package org.potstill.score;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import java.util.Arrays;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.potstill.config.Config;
import org.potstill.config.ConfigLoader;
import org.potstill.data.PatternDataset;
import org.potstill.net.Network;
import org.potstill.net.NetworkTrainer;
import org.potstill.net.ScorerResNet18;
import org.potstill.net.Sgd;
import org.potstill.random.Purpose;
import org.potstill.random.RandomStream;
import org.potstill.run.CancellationToken;
import org.potstill.run.Existing;
import org.potstill.run.RunContext;
import org.potstill.run.RunDirectory;
import org.potstill.run.RunListener;
import org.potstill.tensor.LibTorch;
import org.potstill.tensor.NamedTensors;
import org.potstill.tensor.Precision;
import org.potstill.tensor.RowParts;
import org.potstill.tensor.Tensors;

class FoldTrainingTest {

  private static final long SEED = 4;

  @TempDir Path folder;

  @BeforeAll
  static void load() {
    LibTorch.load();
  }

  /** A network that knows nothing gives every image the same loss, ln 2 for two classes. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3})
  void lossOfAStepCountsEveryImageOnce(int images) {
    Config config =
        ConfigLoader.of("data.source=builtin:fashion-mnist-mini", "score.batch=" + images);
    PatternDataset data = new PatternDataset(12, 1, 3, "a", "b");
    Network network = ScorerResNet18.of(1, 2);
    int[] rows = {1, 3, 4};
    try (RunDirectory directory = RunDirectory.open(folder.resolve("run"), Existing.RESUME);
        PixelStore store =
            PixelStore.load(
                config,
                data,
                new RunContext(directory, RunListener.SILENT, new CancellationToken(), SEED, 1));
        PointerScope scope = new PointerScope();
        NamedTensors state =
            network.initialise(RandomStream.of(SEED, Purpose.SCORER_INITIALISATION, 0, 0))) {
      for (String name : new String[] {"fc.weight", "fc.bias"}) {
        state.put(
            name, torch.full(Tensors.shape(state.get(name)), new Scalar(0f), Tensors.float32()));
      }
      FoldTraining training =
          new FoldTraining(config.score(), store, Arrays.copyOf(rows, images), 0, SEED, 1);
      try (NetworkTrainer trainer =
          new NetworkTrainer(
              network, state, new Sgd(0, 0), Precision.F32, new RowParts("score", "score.batch"))) {
        assertEquals(images * Math.log(2), training.step(trainer, 0), 1e-6 * images);
      }
    }
  }
}
