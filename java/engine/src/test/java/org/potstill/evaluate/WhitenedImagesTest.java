package org.potstill.evaluate;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.potstill.config.Config;
import org.potstill.config.ConfigLoader;
import org.potstill.data.Dataset;
import org.potstill.data.ImageRecord;
import org.potstill.data.PatternDataset;
import org.potstill.distill.DistilledSet;
import org.potstill.distill.Whitening;
import org.potstill.kernels.CpuKernels;
import org.potstill.run.CancellationToken;
import org.potstill.run.Existing;
import org.potstill.run.RunContext;
import org.potstill.run.RunDirectory;
import org.potstill.run.RunListener;
import org.potstill.tensor.LibTorch;
import org.potstill.tensor.Tensors;

/** Every set of images that a network of an evaluation sees is whitened. */
class WhitenedImagesTest {

  @TempDir Path folder;
  private final PatternDataset data = EvaluationRuns.data();
  private RunDirectory directory;
  private RunContext context;

  @BeforeEach
  void open() {
    LibTorch.load();
    directory = RunDirectory.open(new EvaluationRuns(folder).prepared("run"), Existing.RESUME);
    context = new RunContext(directory, RunListener.SILENT, new CancellationToken(), 3, 1);
  }

  @AfterEach
  void close() {
    directory.close();
  }

  private static Config config(String whitening) {
    return ConfigLoader.of(
        EvaluationRuns.with(
            "data.whitening=" + whitening, "data.resolution=8", "evaluate.feature-epochs=1"));
  }

  private Trials trials(Config config) {
    return new Trials(
        config,
        data,
        context,
        new CpuKernels(1),
        EvaluationJournal.open("evaluate", config, context, "", false),
        () -> Long.MAX_VALUE);
  }

  /** Of images that were only normalised. */
  private float[] whitened(List<ImageRecord> records) {
    Config config = config("zca");
    ImageSetLoader loader = new ImageSetLoader(data, config.data(), context);
    try (LabelledImages images = loader.load(records, "loading");
        Whitening whitening = Whitening.of(config.data(), data, context, "evaluate");
        PointerScope scope = new PointerScope()) {
      Tensor copy = images.images().clone();
      whitening.apply(copy);
      return Tensors.toFloats(copy);
    }
  }

  private static float[] floats(LabelledImages images) {
    try (PointerScope scope = new PointerScope()) {
      return Tensors.toFloats(images.images());
    }
  }

  @Test
  void imagesThatAreMeasuredOn() {
    try (Trials trials = trials(config("zca"))) {
      assertArrayEquals(whitened(data.test()), floats(trials.images(Trials.Split.TEST)));
      assertArrayEquals(
          whitened(data.validation()), floats(trials.images(Trials.Split.VALIDATION)));
    }
    try (Trials plain = trials(config("none"))) {
      float[] images = floats(plain.images(Trials.Split.TEST));
      assertFalse(Arrays.equals(whitened(data.test()), images));
    }
  }

  @Test
  void imagesThatAreTrainedOn() {
    ImageSetLoader loader = new ImageSetLoader(data, config("zca").data(), context);
    RandomImages random = new RandomImages(data, loader, context, new int[] {2, 2, 2}, Set.of());
    TrainingSource distilled =
        TrainingSource.distilled(directory.resolve(DistilledSet.FILE), config("zca").data(), data);
    try (Whitening whitening = Whitening.of(config("zca").data(), data, context, "evaluate");
        TrialSets varying = new TrialSets(random, 0, whitening);
        TrialSets same = new TrialSets(distilled, 0, whitening);
        LabelledImages first = varying.of(0);
        LabelledImages second = varying.of(1);
        LabelledImages shared = same.of(0);
        LabelledImages again = same.of(1)) {
      assertArrayEquals(whitened(random.choose(0)), floats(first));
      assertArrayEquals(whitened(random.choose(1)), floats(second));
      // The first two images of every class, as they are.
      List<ImageRecord> taken =
          data.training().stream()
              .filter(image -> position(data, image) < EvaluationRuns.PER_CLASS)
              .toList();
      assertArrayEquals(whitened(taken), floats(shared));
      assertArrayEquals(floats(shared), floats(again));
    }
  }

  private static int position(Dataset data, ImageRecord image) {
    return data.training().stream()
        .filter(other -> other.classIndex() == image.classIndex())
        .toList()
        .indexOf(image);
  }

  @Test
  void imagesWhoseFeaturesAreTaken() {
    assertFalse(Arrays.equals(features("none"), features("zca")));
  }

  private float[] features(String whitening) {
    Config config = config(whitening);
    return new TrainingFeatures(
            config,
            data,
            context,
            new CpuKernels(1),
            new ImageSetLoader(data, config.data(), context))
        .compute((images, features) -> Tensors.toFloats(features));
  }
}
