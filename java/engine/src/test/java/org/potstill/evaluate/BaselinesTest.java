package org.potstill.evaluate;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.potstill.evaluate.EvaluationRuns.PER_CLASS;
import static org.potstill.evaluate.EvaluationRuns.data;
import static org.potstill.evaluate.EvaluationRuns.with;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.potstill.config.Config;
import org.potstill.config.ConfigLoader;
import org.potstill.data.ImageRecord;
import org.potstill.data.PatternDataset;
import org.potstill.errors.InputException;
import org.potstill.errors.RunCancelledException;
import org.potstill.kernels.CpuKernels;
import org.potstill.prune.CoreSet;
import org.potstill.run.CancellationToken;
import org.potstill.run.Existing;
import org.potstill.run.RunContext;
import org.potstill.run.RunDirectory;
import org.potstill.run.RunListener;
import org.potstill.score.LeftOut;
import org.potstill.score.Scores;
import org.potstill.tensor.LibTorch;
import org.potstill.testing.Heard;
import org.potstill.testing.Stopper;

class BaselinesTest {

  @TempDir Path folder;
  private EvaluationRuns runs;

  @BeforeEach
  void setUp() {
    LibTorch.load();
    runs = new EvaluationRuns(folder);
  }

  @Test
  void everyBaselineIsMeasuredAndTeaches() throws IOException {
    PatternDataset data = data();
    List<CoreSet.Entry> kept = new ArrayList<>();
    for (int i = 0; i < data.training().size(); i++) {
      ImageRecord image = data.training().get(i);
      String key = data.classKeys().get(image.classIndex());
      kept.add(new CoreSet.Entry(image.id(), key, 100f - i, i % 10 + 1));
    }
    new CoreSet(kept).write(runs.prepared("run").resolve(CoreSet.FILE));
    String[] all = with("evaluate.baselines=[easiest,herding,k-center,full]", "evaluate.repeats=1");
    Evaluation evaluation = runs.evaluate("run", data, null, all);
    assertEquals(
        List.of("easiest", "herding", "k-center", "full"),
        List.copyOf(evaluation.baselines().keySet()));
    evaluation
        .baselines()
        .forEach(
            (name, set) ->
                assertTrue(set.networks().get("convnet").mean() > 0.6, name + " " + set));
    Evaluation again = runs.evaluate("run", data, null, all);
    assertEquals(evaluation.baselines(), again.baselines());
  }

  /** With all images of a large data set an epoch takes hours. */
  @Test
  void trainingForTheFeaturesIsToldAndStoppedWithinAnEpoch() {
    CancellationToken cancellation = new CancellationToken();
    List<Long> steps = new ArrayList<>();
    Stopper stopper =
        new Stopper(
            cancellation,
            now -> now.unit().equals("steps") && steps.add(now.done()) && now.done() == 2);
    String[] settings =
        with("evaluate.baselines=[herding]", "evaluate.repeats=1", "evaluate.batch=4");
    assertThrows(
        RunCancelledException.class,
        () -> runs.evaluate("run", data(), null, cancellation, stopper, settings));
    assertEquals(List.of(1L, 2L), steps);
  }

  /** Beside accuracies of more images, theirs would seem to be worse. */
  @Test
  void fewerImagesThanWereDistilledAreWarnedOf() throws IOException {
    PatternDataset data = data();
    List<CoreSet.Entry> kept = new ArrayList<>();
    for (int c = 0; c < data.classKeys().size(); c++) {
      int index = c;
      ImageRecord first =
          data.training().stream()
              .filter(image -> image.classIndex() == index)
              .findFirst()
              .orElseThrow();
      kept.add(new CoreSet.Entry(first.id(), data.classKeys().get(c), 1f, 1));
    }
    new CoreSet(kept).write(runs.prepared("run").resolve(CoreSet.FILE));
    Heard heard = new Heard();
    runs.evaluate(
        "run",
        data,
        null,
        new CancellationToken(),
        heard,
        with("evaluate.baselines=[easiest,herding]", "evaluate.repeats=1", "evaluate.epochs=1"));
    List<String> warnings = heard.warnings();
    assertEquals(data.classNames().size(), warnings.size(), warnings.toString());
    assertEquals(
        "baseline easiest: class '"
            + data.classNames().get(0)
            + "' has 1 images to choose from, fewer than the 2 distilled ones",
        warnings.get(0));
  }

  @Test
  void easiestImagesNeedACoreSet() throws IOException {
    Path root = runs.prepared("run");
    try (RunDirectory directory = RunDirectory.open(root, Existing.RESUME)) {
      Files.deleteIfExists(root.resolve(CoreSet.FILE));
      RunContext context =
          new RunContext(directory, RunListener.SILENT, new CancellationToken(), 3, 1);
      Baselines baselines =
          new Baselines(ConfigLoader.of(with()), data(), context, null, null, new int[] {2, 1, 9});
      String message =
          assertThrows(InputException.class, () -> baselines.of("easiest")).getMessage();
      assertTrue(message.startsWith("evaluate.baselines: easiest needs the core-set"), message);
      assertTrue(message.contains("run the stage prune there"), message);
    }
  }

  @Test
  void easiestImagesAreThoseOfLowestLoss() {
    PatternDataset data = data();
    List<CoreSet.Entry> kept = new ArrayList<>();
    for (int i = 0; i < 30; i += 3) {
      ImageRecord image = data.training().get(i);
      String key = data.classKeys().get(image.classIndex());
      kept.add(new CoreSet.Entry(image.id(), key, 100f - i, i + 1));
    }
    Path root = runs.prepared("run");
    new CoreSet(kept).write(root.resolve(CoreSet.FILE));
    try (RunDirectory directory = RunDirectory.open(root, Existing.RESUME)) {
      RunContext context =
          new RunContext(directory, RunListener.SILENT, new CancellationToken(), 3, 1);
      Config config = ConfigLoader.of(with());
      List<ImageRecord> chosen =
          new Baselines(config, data, context, null, null, new int[] {2, 1, 9}).easiest();
      assertEquals(
          List.of(9, 6, 18, 27, 24, 21), chosen.stream().map(data.training()::indexOf).toList());
      kept.set(0, new CoreSet.Entry(kept.get(0).id(), "a", Float.NaN, 1));
      new CoreSet(kept).write(root.resolve(CoreSet.FILE));
      Baselines unscored = new Baselines(config, data, context, null, null, new int[] {2, 1, 9});
      String message =
          assertThrows(InputException.class, () -> unscored.of("easiest")).getMessage();
      assertTrue(message.contains("evaluate.baselines: easiest"), message);
    }
  }

  /** Baselines of a run, whose core-set has the losses that are given. */
  private Baselines baselines(
      RunDirectory directory, PatternDataset data, float loss, String... settings) {
    List<CoreSet.Entry> kept = new ArrayList<>();
    for (ImageRecord image : data.training()) {
      String key = data.classKeys().get(image.classIndex());
      kept.add(new CoreSet.Entry(image.id(), key, loss, kept.size() % 10 + 1));
    }
    new CoreSet(kept).write(directory.resolve(CoreSet.FILE));
    RunContext context =
        new RunContext(directory, RunListener.SILENT, new CancellationToken(), 3, 1);
    Config config = ConfigLoader.of(with(settings));
    return new Baselines(
        config,
        data,
        context,
        new CpuKernels(1),
        new ImageSetLoader(data, config.data(), context),
        new int[] {8, 1, 1});
  }

  @ParameterizedTest
  @ValueSource(strings = {"herding", "k-center", "easiest", "random"})
  void everyClassGivesItsOwnImages(String name) {
    PatternDataset data = data();
    try (RunDirectory directory = RunDirectory.open(runs.prepared("run"), Existing.RESUME);
        LabelledImages images =
            baselines(directory, data, 1, "evaluate.feature-epochs=1").of(name).load(0)) {
      assertArrayEquals(new int[] {8, 1, 1}, images.perClass(3));
    }
  }

  /** Of a baseline that is chosen by something else, no finished training is taken. */
  @Test
  void keysHoldWhatImagesAreChosenBy() {
    PatternDataset data = data();
    try (RunDirectory directory = RunDirectory.open(runs.prepared("run"), Existing.RESUME)) {
      String easiest = baselines(directory, data, 1).of("easiest").key();
      assertNotEquals(easiest, baselines(directory, data, 2).of("easiest").key());
      assertEquals(easiest, baselines(directory, data, 1).of("easiest").key());
      for (String name : List.of("herding", "k-center")) {
        String key = baselines(directory, data, 1).of(name).key();
        for (String other :
            List.of("distill.network.width=4", "evaluate.feature-epochs=2", "evaluate.batch=3")) {
          assertNotEquals(key, baselines(directory, data, 1, other).of(name).key(), other);
        }
        assertEquals(key, baselines(directory, data, 2, "evaluate.epochs=7").of(name).key());
      }
    }
  }

  @Test
  void randomBaselineIsAFreshChoiceOfTrainingImages() {
    PatternDataset data = data();
    RunContext context = new RunContext(null, RunListener.SILENT, new CancellationToken(), 3, 1);
    RandomImages random = new RandomImages(data, null, context, new int[] {2, 1, 3}, Set.of());
    List<ImageRecord> first = random.choose(0);
    assertEquals(List.of(0, 0, 1, 2, 2, 2), first.stream().map(ImageRecord::classIndex).toList());
    assertTrue(data.training().containsAll(first));
    assertEquals(6, first.stream().distinct().count());
    assertEquals(first, random.choose(0));
    assertNotEquals(first, random.choose(1));
  }

  @Test
  void randomBaselinePassesOverImagesThatScoringLeftOut() {
    PatternDataset data = data();
    Path root = folder.resolve("left-out");
    try (RunDirectory directory = RunDirectory.open(root, Existing.FAIL)) {
      RunContext context =
          new RunContext(directory, RunListener.SILENT, new CancellationToken(), 3, 1);
      List<ImageRecord> all = data.training();
      List<Scores.Entry> scored =
          all.subList(3, all.size()).stream()
              .map(image -> new Scores.Entry(image.id(), "a", 1))
              .toList();
      new Scores(scored).write(root.resolve(Scores.FILE));
      // The last is what an evaluation added, and has a score.
      Map<String, String> leftOut = new LinkedHashMap<>();
      for (int i : new int[] {0, 1, 2, 3}) {
        leftOut.put(all.get(i).id(), "damaged");
      }
      new LeftOut(leftOut).write(root.resolve(LeftOut.FILE));
      Config config = ConfigLoader.of("data.source=idx:none");
      int most = (int) all.stream().filter(image -> image.classIndex() == 0).count();
      Baselines baselines =
          new Baselines(config, data, context, null, null, new int[] {most, 0, 0});
      RandomImages random = (RandomImages) baselines.of("random");
      assertEquals(Set.copyOf(all.subList(3, most)), Set.copyOf(random.choose(0)));
      assertTrue(random.key().contains(all.get(0).id()), random.key());
      assertFalse(random.key().contains(all.get(3).id()), random.key());
    }
  }

  @Test
  void onlyTheImagesThatAreNeededAreDecoded() {
    PatternDataset data = data();
    runs.evaluate(
        "run",
        data,
        null,
        with("evaluate.baselines=[random]", "evaluate.epochs=1", "evaluate.repeats=1"));
    assertEquals(15 + 3 * PER_CLASS, data.reads());
    assertTrue(data.validation().stream().noneMatch(image -> data.wasDecoded(image.id())));
  }
}
