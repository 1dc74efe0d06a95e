package org.potstill.score;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.Set;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.potstill.augment.AugmentOperation;
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
  private static final double RATE = 0.05;

  @TempDir Path folder;

  @BeforeAll
  static void load() {
    LibTorch.load();
  }

  private static Config config(int batch) {
    return ConfigLoader.of(
        "data.source=builtin:fashion-mnist-mini",
        "score.batch=" + batch,
        "score.epochs=2",
        "score.learning-rate=" + RATE);
  }

  /** A network that knows nothing gives every image the same loss, ln 2 for two classes. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3})
  void aStepCountsEveryImageOnceAtTheRateOfTheSchedule(int images) {
    int[] rows = Arrays.copyOf(new int[] {1, 3, 4}, images);
    PatternDataset data = new PatternDataset(12, 1, 3, "a", "b");
    Network network = ScorerResNet18.of(1, 2);
    // Every step is an epoch; the last one, so that the rate is not the first.
    long step = 1;
    try (RunDirectory directory = RunDirectory.open(folder.resolve("run"), Existing.RESUME);
        PixelStore store =
            PixelStore.load(
                config(images),
                data,
                new RunContext(directory, RunListener.SILENT, new CancellationToken(), SEED, 1));
        PointerScope scope = new PointerScope();
        NamedTensors state =
            network.initialise(RandomStream.of(SEED, Purpose.SCORER_INITIALISATION, 0, 0))) {
      for (String name : new String[] {"fc.weight", "fc.bias"}) {
        state.put(
            name, torch.full(Tensors.shape(state.get(name)), new Scalar(0f), Tensors.float32()));
      }
      FoldTraining training = new FoldTraining(config(images).score(), store, rows, 0, SEED, 1);
      try (NetworkTrainer trainer =
          new NetworkTrainer(
              network, state, new Sgd(0, 0), Precision.F32, new RowParts("score", "score.batch"))) {
        assertEquals(images * Math.log(2), training.step(trainer, step), 1e-6 * images);
      }
      // Nor has a single image, of whose last maps each has one value, spoilt the statistics.
      assertTrue(state.isFinite());
      // Whatever the features are, the bias of class a has the gradient 1/2 less its share.
      double shareOfA = 1.0 / images;
      double rate = new ScorerSchedule(2, RATE).at(step);
      assertEquals(
          -rate * (0.5 - shareOfA), Tensors.toFloats(state.get("fc.bias"))[0], 1e-6 * RATE);
    }
  }

  private static FoldTraining training(int[] rows, int fold, int batch) {
    return new FoldTraining(config(batch).score(), null, rows, fold, SEED, 1);
  }

  @Test
  void everyEpochOfEveryFoldGoesThroughAllImagesInAnOrderOfItsOwn() {
    int[] rows = IntStream.range(0, 11).map(i -> 3 * i).toArray();
    Set<String> orders = new HashSet<>();
    for (int fold = 0; fold < 2; fold++) {
      FoldTraining training = training(rows, fold, 4);
      assertEquals(3, training.stepsPerEpoch());
      assertEquals(6, training.steps());
      for (int epoch = 0; epoch < 2; epoch++) {
        int first = 3 * epoch;
        int[] order =
            IntStream.range(first, first + 3)
                .flatMap(step -> Arrays.stream(training.batch(step)))
                .toArray();
        orders.add(Arrays.toString(order));
        Arrays.sort(order);
        assertArrayEquals(rows, order);
        assertEquals(3, training.batch(first).length);
        assertEquals(4, training.batch(first + 2).length);
      }
    }
    assertEquals(4, orders.size());
  }

  @Test
  void onlyColourImagesAreMirrored() {
    assertEquals(EnumSet.of(AugmentOperation.CROP), drawn(1));
    assertEquals(EnumSet.of(AugmentOperation.CROP, AugmentOperation.FLIP), drawn(3));
  }

  private static Set<AugmentOperation> drawn(int channels) {
    Set<AugmentOperation> drawn = EnumSet.noneOf(AugmentOperation.class);
    for (int i = 0; i < 50; i++) {
      RandomStream random = RandomStream.of(SEED, Purpose.SCORER_AUGMENTATION, i, 0);
      drawn.add(FoldTraining.augmentation(channels).drawPerSample(random, 1, 12, 12).operation());
    }
    return drawn;
  }
}
