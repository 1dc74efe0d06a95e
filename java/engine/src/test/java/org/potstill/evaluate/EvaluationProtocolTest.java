package org.potstill.evaluate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.potstill.evaluate.EvaluationRuns.data;
import static org.potstill.evaluate.EvaluationRuns.with;
import static org.potstill.evaluate.EvaluationRuns.write;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.potstill.config.Config;
import org.potstill.config.ConfigLoader;
import org.potstill.data.PatternDataset;
import org.potstill.distill.DistilledSet;
import org.potstill.errors.InputException;
import org.potstill.run.CancellationToken;
import org.potstill.tensor.LibTorch;
import org.potstill.testing.Heard;

/** What an evaluation says of itself, and what it refuses. */
class EvaluationProtocolTest {

  @TempDir Path folder;

  /** Its entries are what runs are compared by. */
  @Test
  void everySettingThatAccuraciesDependOnIsSaid() {
    String[] settings =
        with(
            "evaluate.networks=[convnet,vgg11]",
            "evaluate.augment=flip",
            "evaluate.precision=bf16");
    Map<String, Object> protocol =
        EvaluationProtocol.of(ConfigLoader.of(settings), data(), 3, OptionalDouble.empty(), 15);
    List<String> said = new ArrayList<>();
    protocol.forEach((key, value) -> said.add(key + ": " + value));
    assertEquals(
        List.of(
            "resolution: 8",
            "form: {convnet=depth 2, width 8, norm instance, pooling avg, vgg11=norm instance}",
            "optimiser: SGD, momentum 0.9, weight decay 5e-4",
            "schedule: linear warm-up over the first half of the epochs, then cosine",
            "epochs: 30",
            "batch: 4",
            "learning-rate: [convnet 0.02, vgg11 0.02]",
            "whitening: none",
            "augment: flip",
            "tested-weights: running average, decay 0.995",
            "precision: bf16",
            "repeats: 2",
            "seed: 3",
            "test-images: 15"),
        said);
  }

  @Test
  void ratesOfThePaperAndLearnedOnesAreToldApart() {
    Config paper =
        ConfigLoader.of(
            with(
                "evaluate.networks=[convnet,vgg11]",
                "evaluate.learning-rate=0",
                "evaluate.augment=none",
                "data.whitening=zca"));
    Map<String, Object> own = EvaluationProtocol.of(paper, data(), 3, OptionalDouble.empty(), 15);
    assertEquals(List.of("convnet 0.001", "vgg11 1.0E-4"), own.get("learning-rate"));
    assertEquals("none", own.get("augment"));
    assertEquals("zca", own.get("whitening"));
    assertFalse(own.containsKey("learned-rate"));
    Map<String, Object> learned =
        EvaluationProtocol.of(paper, data(), 3, OptionalDouble.of(0.03), 15);
    assertEquals(List.of("convnet learned", "vgg11 learned"), learned.get("learning-rate"));
    assertEquals(0.03, learned.get("learned-rate"));
  }

  @Test
  void progressIsOfAllTrainingsToCome() {
    LibTorch.load();
    Path root = new EvaluationRuns(folder).prepared("chosen");
    write(data(), true, root.resolve(DistilledSet.historyFile(5)));
    write(data(), false, root.resolve(DistilledSet.historyFile(10)));
    // On the images of two iterations, on the chosen ones, and on two other sets.
    assertProgress("chosen", 5 * 2, "evaluate.every=5", "distill.iterations=10");
    assertProgress("last", 3 * 2);
  }

  private void assertProgress(String run, long all, String... more) {
    List<String> settings =
        new ArrayList<>(
            List.of("evaluate.repeats=1", "evaluate.epochs=2", "evaluate.baselines=[random,full]"));
    settings.addAll(List.of(more));
    Heard heard = new Heard();
    new EvaluationRuns(folder)
        .evaluate(
            run,
            data(),
            null,
            new CancellationToken(),
            heard,
            with(settings.toArray(String[]::new)));
    List<Heard.Progress> epochs =
        heard.progress().stream().filter(told -> told.unit().equals("epochs")).toList();
    assertTrue(epochs.stream().allMatch(told -> told.total() == all), epochs.toString());
    assertEquals(all, epochs.get(epochs.size() - 1).done(), epochs.toString());
  }

  private static String refusal(Executable call) {
    return assertThrows(InputException.class, call).getMessage();
  }

  @Test
  void withoutTestImagesNothingIsMeasured() {
    PatternDataset data = data();
    while (!data.test().isEmpty()) {
      data.withoutTest(0);
    }
    assertEquals(
        "evaluate: the data set builtin:fashion-mnist-mini has no test images (val/) to measure"
            + " accuracy on; add some, or set data.test-share: 0.2 to take that share of every class"
            + " for the test, or run the stages before, from score to distill, one by one",
        refusal(() -> EvaluateStage.requireSplits(ConfigLoader.of(with()), data)));
    Config shared = ConfigLoader.of(with("data.test-share=0.2"));
    assertEquals(
        "evaluate: the data set builtin:fashion-mnist-mini has no test images (val/) to measure"
            + " accuracy on; add some (data.test-share takes none of a class with a single image),"
            + " or run the stages before, from score to distill, one by one",
        refusal(() -> EvaluateStage.requireSplits(shared, data)));
  }

  @Test
  void theBestIterationIsNotChosenOnNoImages() {
    String[] every = {
      "evaluate.every=5", "data.validation-share=0.05", "evaluate.protocol=validation"
    };
    PatternDataset none = data().withoutValidation();
    assertEquals(
        "evaluate.every: 5 chooses the best iteration on the validation share, but"
            + " data.validation-share: 0.05 holds no image back; raise it (for example to 0.1), set"
            + " evaluate.every to 0, or evaluate.protocol to paper",
        refusal(() -> EvaluateStage.requireSplits(ConfigLoader.of(with(every)), none)));
    EvaluateStage.requireSplits(ConfigLoader.of(with(every)), data());
    every[2] = "evaluate.protocol=paper";
    EvaluateStage.requireSplits(ConfigLoader.of(with(every)), none);
    every[2] = "evaluate.every=0";
    EvaluateStage.requireSplits(ConfigLoader.of(with(every)), none);
  }

  @Test
  void aRateThatWasNotLearnedIsNotTaken() throws IOException {
    LibTorch.load();
    EvaluationRuns runs = new EvaluationRuns(folder);
    Path images = runs.prepared("run").resolve(DistilledSet.FILE);
    String[] learned =
        with("distill.method=mtt", "evaluate.learned-rate=true", "evaluate.learning-rate=0");
    assertEquals(
        "evaluate.learned-rate: "
            + images
            + " comes without a rate that was learned with the images (learning_rate in the metadata"
            + " of a safetensors file); set it to false",
        refusal(() -> runs.evaluate("run", data(), null, learned)));
    assertFalse(Files.exists(folder.resolve("run/evaluation.json")));
  }

  @Test
  void trainingsAreTakenFromARunThatHasSome() throws IOException {
    Path other = Files.createDirectory(folder.resolve("other"));
    Config config =
        ConfigLoader.of(with("evaluate.from=" + other, "run.out=" + folder.resolve("run")));
    assertEquals(
        "evaluate.from: " + other + " is no run directory (no stages.json in it)",
        refusal(() -> EvaluateStage.requireLender(config)));
    Files.writeString(other.resolve("stages.json"), "{}");
    assertEquals(
        "evaluate.from: there is no trials.json in "
            + other
            + "; evaluate it first, or set evaluate.from: none",
        refusal(() -> EvaluateStage.requireLender(config)));
    Files.writeString(other.resolve("trials.json"), "{}");
    EvaluateStage.requireLender(config);
    EvaluateStage.requireLender(ConfigLoader.of(with()));
  }

  @Test
  void theEasiestImagesAreKnownByLossesAlone() {
    String[] settings = {"prune.mode=random", "evaluate.baselines=[random,easiest]"};
    assertEquals(
        "evaluate.baselines: easiest needs the losses of the core-set, but prune.mode: random scores"
            + " nothing; prune by easy or hard, or take the baseline out",
        refusal(
            () -> EvaluateStage.requireBaselinesWithoutLosses(ConfigLoader.of(with(settings)))));
    settings[1] = "evaluate.baselines=[random]";
    EvaluateStage.requireBaselinesWithoutLosses(ConfigLoader.of(with(settings)));
  }
}
