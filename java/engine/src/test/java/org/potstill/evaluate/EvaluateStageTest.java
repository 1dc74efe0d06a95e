package org.potstill.evaluate;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.potstill.evaluate.EvaluationRuns.data;
import static org.potstill.evaluate.EvaluationRuns.with;
import static org.potstill.evaluate.EvaluationRuns.write;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.PointerScope;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.potstill.config.Config;
import org.potstill.config.ConfigLoader;
import org.potstill.config.EvaluateConfig;
import org.potstill.data.PatternDataset;
import org.potstill.distill.DistilledSet;
import org.potstill.errors.InputException;
import org.potstill.errors.RunFailedException;
import org.potstill.kernels.CpuKernels;
import org.potstill.net.Accuracy;
import org.potstill.net.Network;
import org.potstill.net.NetworkProvider;
import org.potstill.net.NetworkSpec;
import org.potstill.net.Networks;
import org.potstill.net.Norm;
import org.potstill.net.Pooling;
import org.potstill.net.SmallGpu;
import org.potstill.random.Purpose;
import org.potstill.random.RandomStream;
import org.potstill.run.CancellationToken;
import org.potstill.run.RunContext;
import org.potstill.run.RunListener;
import org.potstill.score.LeftOut;
import org.potstill.tensor.LibTorch;
import org.potstill.tensor.NamedTensors;
import org.potstill.tensor.Precision;
import org.potstill.tensor.RowParts;
import org.potstill.testing.Heard;

class EvaluateStageTest {

  @TempDir Path folder;
  private EvaluationRuns runs;

  @BeforeEach
  void setUp() {
    LibTorch.load();
    runs = new EvaluationRuns(folder);
  }

  @Test
  void goodImagesTeachAndTheFileSaysSo() throws IOException {
    Evaluation evaluation = runs.evaluate("run", data(), null, with("evaluate.baselines=[random]"));
    double mean = evaluation.distilled().networks().get("convnet").mean();
    assertTrue(mean > 0.8, "accuracy " + mean);
    JsonNode json = new ObjectMapper().readTree(folder.resolve("run/evaluation.json").toFile());
    assertEquals(mean, json.at("/networks/convnet/mean").asDouble());
    assertEquals(2, json.at("/networks/convnet/accuracies").size());
    assertTrue(json.at("/cross/mean").isNull());
    assertTrue(json.at("/cross/std").isNull());
    assertEquals(2, json.at("/baselines/random/networks/convnet/accuracies").size());
    assertEquals(15, json.at("/protocol/test-images").asInt());
    assertEquals(EvaluationRuns.SIDE, json.at("/protocol/resolution").asInt());
    assertEquals(
        "depth 2, width 8, norm instance, pooling avg", json.at("/protocol/form/convnet").asText());
    assertFalse(Files.exists(folder.resolve("run/checkpoints/evaluate.json")));
    assertEquals(4, Files.readAllLines(folder.resolve("run/metrics.jsonl")).size());
  }

  /** Written plainly, with the draws of each. */
  @Test
  void repeatsAreTrainingsByTheSeedAndTheirNumbers() throws IOException {
    String[] settings =
        with(
            "evaluate.repeats=6",
            "evaluate.epochs=4",
            "evaluate.augment=color_crop_cutout_flip_scale_rotate");
    PatternDataset data = data();
    List<Double> found =
        runs.evaluate("run", data, null, settings)
            .distilled()
            .networks()
            .get("convnet")
            .accuracies();
    Config config = ConfigLoader.of(settings);
    Network network = EvaluationNetworks.of(config, data).get("convnet").with(new CpuKernels(2));
    RowParts parts = new RowParts("evaluate", "evaluate.batch");
    SyntheticTraining training =
        EvaluationNetworks.training(
            config.evaluate(), 0.02, Precision.F32, parts, new CpuKernels(2));
    List<Double> expected = new ArrayList<>();
    try (LibTorch.ThreadSettings threads = LibTorch.withThreads(1);
        PointerScope scope = new PointerScope();
        DistilledSet set = DistilledSet.read(folder.resolve("run").resolve(DistilledSet.FILE));
        LabelledImages tests = tests(data)) {
      for (int repeat = 0; repeat < 6; repeat++) {
        try (NamedTensors state =
                network.initialise(
                    RandomStream.of(3, Purpose.EVALUATION_INITIALISATION, 0, repeat));
            NamedTensors average =
                training.run(
                    network,
                    state,
                    set.images(),
                    set.labels(),
                    TrainingDraws.of(3, repeat),
                    (epoch, loss, accuracy) -> {})) {
          expected.add(
              Accuracy.of(
                  network,
                  average,
                  tests.images(),
                  tests.labels(),
                  4,
                  Precision.F32,
                  parts,
                  done -> {}));
        }
      }
    }
    assertEquals(expected, found);
    assertTrue(expected.stream().distinct().count() > 1, expected::toString);
    for (String line : Files.readAllLines(folder.resolve("run/metrics.jsonl"))) {
      double seconds = new ObjectMapper().readTree(line).path("seconds").asDouble(-1);
      assertTrue(seconds >= 0 && seconds < 600, line);
    }
  }

  private LabelledImages tests(PatternDataset data) {
    RunContext context = new RunContext(null, RunListener.SILENT, new CancellationToken(), 3, 1);
    return new ImageSetLoader(data, ConfigLoader.of(with()).data(), context)
        .load(data.test(), "loading");
  }

  @Test
  void badTestImagesAreLeftOutAndListedOrFail() throws IOException {
    PatternDataset data = data().withBadTest(4, "it ends early");
    Path list = runs.prepared("run").resolve(LeftOut.FILE);
    new LeftOut(Map.of("train/a/0.png", "it is empty")).write(list);
    String[] skip = with("data.on-bad-image=skip", "evaluate.repeats=1", "evaluate.epochs=1");
    runs.evaluate("run", data, null, skip);
    assertEquals(
        Map.of("train/a/0.png", "it is empty", data.test().get(4).id(), "it ends early"),
        LeftOut.read(list).reasons());
    JsonNode json = new ObjectMapper().readTree(folder.resolve("run/evaluation.json").toFile());
    assertEquals(14, json.at("/protocol/test-images").asInt());
    // Mended since; of what scoring left out it cannot be told.
    runs.evaluate("run", data(), null, skip);
    assertEquals(Map.of("train/a/0.png", "it is empty"), LeftOut.read(list).reasons());
    json = new ObjectMapper().readTree(folder.resolve("run/evaluation.json").toFile());
    assertEquals(15, json.at("/protocol/test-images").asInt());
    // Deleted since, instead of mended.
    runs.evaluate("run", data, null, skip);
    assertEquals(2, LeftOut.read(list).reasons().size());
    runs.evaluate("run", data().withoutTest(4), null, skip);
    assertEquals(Map.of("train/a/0.png", "it is empty"), LeftOut.read(list).reasons());
    InputException error =
        assertThrows(InputException.class, () -> runs.evaluate("other", data, null, with()));
    assertTrue(error.getMessage().contains("it ends early"), error.getMessage());
  }

  @Test
  void aClassOfWhichNoTestImageCanBeReadIsToldOf() {
    PatternDataset data = data();
    for (int i = 5; i < 10; i++) {
      assertEquals(1, data.test().get(i).classIndex());
      data.withBadTest(i, "it ends early");
    }
    Heard heard = new Heard();
    runs.evaluate(
        "run",
        data,
        null,
        new CancellationToken(),
        heard,
        with("data.on-bad-image=skip", "evaluate.repeats=1", "evaluate.epochs=1"));
    List<String> warnings = heard.warnings();
    assertTrue(
        warnings.contains("no image of name of b can be read (loading test images)"),
        warnings.toString());
  }

  @Test
  void divergenceNamesTrainingEpochAndStepAndKeepsTheImages() throws IOException {
    Path images = runs.prepared("run").resolve(DistilledSet.FILE);
    byte[] before = Files.readAllBytes(images);
    RunFailedException error =
        assertThrows(
            RunFailedException.class,
            () -> runs.evaluate("run", data(), null, with("evaluate.learning-rate=1e25")));
    assertEquals(1, error.exitStatus());
    assertTrue(
        error
            .getMessage()
            .matches(
                "convnet on distilled images, repeat 1 of 2: training diverged: in epoch \\d+,"
                    + " step \\d+, the .* is no longer finite. Lower evaluate.learning-rate"
                    + " \\(1.0E25\\) and go on with --resume"),
        error.getMessage());
    // Well before the last of the 30 epochs.
    assertFalse(error.getMessage().contains("epoch 30"), error.getMessage());
    assertFalse(Files.exists(folder.resolve("run/evaluation.json")));
    assertArrayEquals(before, Files.readAllBytes(images));
    runs.evaluate("run", data(), null, with("evaluate.epochs=2"));
    assertTrue(Files.exists(folder.resolve("run/evaluation.json")));
  }

  /** A convnet that takes {@code most} images at a time. */
  private static void register(String name, int most) {
    Networks.register(
        new NetworkProvider() {
          @Override
          public String name() {
            return name;
          }

          @Override
          public Network create(NetworkSpec spec) {
            NetworkSpec inner =
                NetworkSpec.of("convnet", spec.imageSize(), spec.channels(), spec.classes());
            return new SmallGpu(
                Networks.create(inner.with(2, 8, Norm.INSTANCE, Pooling.AVG)), most);
          }
        });
  }

  @Test
  void trainingThatAGpuHasNoRoomForIsSplitOrSaysWhatToDo() {
    register("some-room", 2);
    register("no-room", 0);
    String[] settings = {
      "evaluate.repeats=1", "evaluate.epochs=3", "evaluate.networks=[some-room]"
    };
    Evaluation split = runs.evaluate("run", data(), null, with(settings));
    assertEquals(1, split.distilled().networks().get("some-room").accuracies().size());
    settings[2] = "evaluate.networks=[no-room]";
    RunFailedException error =
        assertThrows(
            RunFailedException.class, () -> runs.evaluate("run", data(), null, with(settings)));
    assertEquals(
        "evaluate: the memory of the GPU is full: 20.00 MiB wanted, 17.56 MiB free; lower"
            + " evaluate.batch or data.resolution, or compute on the CPU (run.device: cpu)",
        error.getMessage());
  }

  @Test
  void scheduleAndAverageAreThoseOfTheConfiguration() {
    String[] shortened = with("evaluate.repeats=1", "evaluate.epochs=4");
    Evaluation published = runs.evaluate("run", data(), null, shortened);
    assertEquals("running average, decay 0.995", published.protocol().get("tested-weights"));
    String[] older = Arrays.copyOf(shortened, shortened.length + 2);
    older[shortened.length] = "evaluate.schedule=step";
    older[shortened.length + 1] = "evaluate.ema=0";
    Evaluation step = runs.evaluate("run", data(), null, older);
    assertEquals("after the last epoch", step.protocol().get("tested-weights"));
    assertEquals(
        "constant over the first half of the epochs, then a tenth",
        step.protocol().get("schedule"));
    LearningRateSchedule schedule = LearningRateSchedule.of(EvaluateConfig.Schedule.STEP, 5, 1);
    assertEquals(
        List.of(1.0, 1.0, 1.0, 0.1, 0.1), IntStream.range(0, 5).mapToObj(schedule::at).toList());
  }

  @Test
  void bestIterationIsChosenOnTheValidationShare() throws IOException {
    Path root = runs.prepared("run");
    write(data(), false, root.resolve(DistilledSet.historyFile(5)));
    write(data(), true, root.resolve(DistilledSet.historyFile(10)));
    write(data(), false, root.resolve(DistilledSet.historyFile(12)));
    write(data(), false, root.resolve(DistilledSet.FILE));
    // Iterations that are not asked for, and names that no run writes, are passed over.
    write(data(), true, root.resolve(DistilledSet.historyFile(7)));
    write(data(), true, root.resolve(DistilledSet.historyFile(15)));
    Files.writeString(
        root.resolve(DistilledSet.HISTORY_FOLDER).resolve("20261129193000.safetensors"), "");
    String[] settings = with("evaluate.every=5", "distill.iterations=12");
    PatternDataset data = data();
    Evaluation evaluation = runs.evaluate("run", data, null, settings);
    assertEquals(10, evaluation.protocol().get("selected-iteration"));
    assertEquals("validation share", evaluation.protocol().get("selected-on"));
    assertTrue(evaluation.maxima().isEmpty());
    assertTrue(data.validation().stream().allMatch(image -> data.wasDecoded(image.id())));
    assertTrue(evaluation.distilled().networks().get("convnet").mean() > 0.8);
    assertEquals(
        -1,
        Files.mismatch(
            root.resolve(DistilledSet.FILE), root.resolve(DistilledSet.historyFile(10))));
    Path picture = root.resolve("distilled/images/a/00.png");
    assertTrue(Files.exists(picture));
    PatternDataset unheld = data();
    Evaluation paper =
        runs.evaluate("run", unheld, null, with("evaluate.every=5", "evaluate.protocol=paper"));
    assertEquals("test images", paper.protocol().get("selected-on"));
    assertTrue(unheld.validation().stream().noneMatch(image -> unheld.wasDecoded(image.id())));
    // The same images as after 15 iterations: the earliest of several that are equally good.
    assertEquals(10, paper.protocol().get("selected-iteration"));
    // There is one network, so its best iteration is the one that was chosen.
    assertEquals(paper.distilled(), paper.maxima().orElseThrow());
    assertEquals(paper.distilled(), Evaluation.of(root).distilled());
    assertEquals(paper.maxima(), Evaluation.of(root).maxima());
    Files.delete(picture);
    runs.evaluate(
        "run",
        data(),
        null,
        with("evaluate.every=0", "distill.iterations=12", "evaluate.epochs=1"));
    assertEquals(
        -1,
        Files.mismatch(
            root.resolve(DistilledSet.FILE), root.resolve(DistilledSet.historyFile(12))));
    assertTrue(Files.exists(picture));
  }

  @Test
  void anIterationOnWhichANetworkDivergesIsNotChosen() throws IOException {
    Path root = runs.prepared("run");
    PatternDataset data = data();
    String[] settings =
        with(
            "distill.method=mtt",
            "distill.iterations=15",
            "evaluate.every=5",
            "evaluate.learning-rate=0",
            "evaluate.learned-rate=true");
    EvaluationRuns.write(data, OptionalDouble.of(1e30), root.resolve(DistilledSet.historyFile(5)));
    EvaluationRuns.write(data, OptionalDouble.of(0.02), root.resolve(DistilledSet.historyFile(10)));
    EvaluationRuns.write(data, OptionalDouble.of(1e31), root.resolve(DistilledSet.historyFile(15)));
    Heard heard = new Heard();
    Evaluation evaluation =
        runs.evaluate("run", data, null, new CancellationToken(), heard, settings);
    List<String> warnings = heard.warnings();
    assertEquals(10, evaluation.protocol().get("selected-iteration"));
    assertEquals(0.02, evaluation.protocol().get("learned-rate"));
    assertEquals(2, warnings.size(), warnings.toString());
    assertTrue(
        warnings
            .get(0)
            .startsWith("iteration 5 is not chosen: convnet on distilled images, repeat "));
    assertTrue(
        warnings
            .get(1)
            .startsWith("iteration 15 is not chosen: convnet on distilled images, repeat "));
    // Its own two repeats, twice, and those of the baseline.
    List<String> lines = Files.readAllLines(root.resolve("metrics.jsonl"));
    assertEquals(6, lines.size(), lines.toString());

    Files.delete(root.resolve(DistilledSet.historyFile(10)));
    RunFailedException error =
        assertThrows(RunFailedException.class, () -> runs.evaluate("run", data(), null, settings));
    assertTrue(
        error.getMessage().contains("the rate that was learned with the images"),
        error.getMessage());
  }

  @Test
  void choosingWithoutAValidationShareIsAnError() {
    String[] settings = with("evaluate.every=5");
    String message =
        assertThrows(
                InputException.class,
                () -> runs.evaluate("run", data().withoutValidation(), null, settings))
            .getMessage();
    assertTrue(message.contains("data.validation-share"), message);
    assertTrue(message.contains("evaluate.every"), message);
    runs.evaluate("run", data().withoutValidation(), null, with("evaluate.epochs=1"));
  }
}
