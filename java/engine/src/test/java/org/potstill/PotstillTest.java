package org.potstill;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import java.util.stream.Stream;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.potstill.config.Config;
import org.potstill.errors.InputException;
import org.potstill.errors.RunCancelledException;
import org.potstill.pipeline.RunOptions;
import org.potstill.pipeline.RunResult;
import org.potstill.run.CancellationToken;
import org.potstill.run.RunListener;
import org.potstill.tensor.LibTorch;
import org.potstill.testing.Heard;
import org.potstill.testing.TinyConfig;

class PotstillTest {

  /** A whole run, made once; its scores save the other tests from training a scorer. */
  @TempDir static Path shared;

  @TempDir Path temp;

  private static final List<String> LINE =
      List.of("score", "prune", "distill", "evaluate", "report");

  private static final Heard HEARD = new Heard();

  @BeforeAll
  static void runOnce() throws Exception {
    RunResult result = Potstill.run(TinyConfig.load(shared, whole()), HEARD);
    assertEquals(LINE, result.stages());
  }

  private static Path whole() {
    return shared.resolve("whole");
  }

  private Config scored(Path run, String... settings) throws Exception {
    List<String> all = new ArrayList<>(List.of(settings));
    all.add("score.from=" + whole());
    return TinyConfig.load(temp, run, all.toArray(String[]::new));
  }

  @Test
  void aRunGoesFromImagesToReport() throws Exception {
    assertEquals(LINE, HEARD.finished());
    for (String file :
        List.of(
            "config.yaml",
            "scores.csv",
            "coreset.csv",
            "stages.json",
            "metrics.jsonl",
            "distilled/distilled.safetensors",
            "evaluation.json",
            "report.html")) {
      assertTrue(Files.size(whole().resolve(file)) > 0, file);
    }
  }

  @Test
  void aPageOnSeveralRunsIsWrittenOnAnInterruptedThreadToo() throws Exception {
    Path again = Files.createSymbolicLink(temp.resolve("again"), whole());
    Path page = temp.resolve("page.html");
    Thread.currentThread().interrupt();
    try {
      Potstill.sideBySide(List.of(whole(), again), page);
    } finally {
      assertTrue(Thread.interrupted());
    }
    assertTrue(Files.size(page) > 0);
  }

  @Test
  void aFinishedRunIsRefusedResumedOrRepeated() throws Exception {
    Config config = scored(temp.resolve("run"));
    Potstill.run(config, RunListener.SILENT);
    assertThrows(InputException.class, () -> Potstill.run(config, RunListener.SILENT));
    CancellationToken token = new CancellationToken();
    assertTrue(Potstill.run(config, RunOptions.RESUME, RunListener.SILENT, token).wasFinished());
    assertEquals(
        LINE, Potstill.run(config, RunOptions.OVERWRITE, RunListener.SILENT, token).stages());
  }

  @Test
  void aMistakeShowsBeforeARunIsOverwritten() throws Exception {
    Path run = temp.resolve("run");
    Potstill.run(scored(run), RunListener.SILENT);
    byte[] stages = Files.readAllBytes(run.resolve("stages.json"));
    byte[] scores = Files.readAllBytes(run.resolve("scores.csv"));
    Path link = Files.createSymbolicLink(temp.resolve("link"), run);
    Path none = temp.resolve("none");
    Path unscored = withoutScores();
    Map<String, String> mistakes = new LinkedHashMap<>();
    mistakes.put("score.from=" + run, "is the run directory itself");
    mistakes.put("score.from=" + link, "is the run directory itself");
    mistakes.put("score.from=" + none, "score.from: " + none + " does not exist");
    mistakes.put("score.from=" + unscored, "score.from: there is no scores.csv");
    mistakes.put("evaluate.from=" + run, "is the run directory itself");
    mistakes.put("evaluate.from=" + none, "evaluate.from: " + none + " does not exist");
    Path file = Files.writeString(temp.resolve("run.txt"), "a run, packed");
    for (String key : List.of("score.from", "evaluate.from")) {
      mistakes.put(key + "=" + file, key + ": " + file + " is a file, not a run directory");
    }
    mistakes.put("evaluate.from=" + unscored, "evaluate.from: there is no trials.json");
    String experts = "distill.method=mtt,experts.from=";
    mistakes.put(experts + run, "is the run directory itself");
    mistakes.put(experts + whole(), "experts.from: there is no experts/expert-0000.safetensors");
    mistakes.put("score.weights=" + none, "score.weights: there is no file " + none);
    mistakes.put("score.weights=" + run.resolve("scores.csv"), "have no output");
    mistakes.put("prune.mode=random,evaluate.baselines=[easiest]", "prune.mode: random");
    mistakes.put("distill.space=ld3m,distill.prior.init=random", "data.resolution: the random");
    mistakes.put(
        "distill.space=glad,distill.prior.init=random,distill.prior.layer=18",
        "distill.prior.layer: 18");
    mistakes.put("prune.keep=0.000001", "prune.keep: ");
    mistakes.put("prune.keep=0.000001,prune.mode=random", "prune.keep: ");
    mistakes.put("distill.images-per-class=1000", "distill.images-per-class: 1000");
    mistakes.put("distill.network.name=alexnet", "distill.network: alexnet at 28 pixels");
    for (Map.Entry<String, String> mistake : mistakes.entrySet()) {
      Config config = TinyConfig.load(temp, run, mistake.getKey().split(",", -1));
      InputException error =
          assertThrows(
              InputException.class,
              () ->
                  Potstill.run(
                      config, RunOptions.OVERWRITE, RunListener.SILENT, new CancellationToken()),
              mistake.getKey());
      assertTrue(error.getMessage().contains(mistake.getValue()), error.getMessage());
      assertArrayEquals(stages, Files.readAllBytes(run.resolve("stages.json")), mistake.getKey());
      assertArrayEquals(scores, Files.readAllBytes(run.resolve("scores.csv")), mistake.getKey());
    }
  }

  @Test
  void aMistakeShowsBeforeAStageIsRepeated() throws Exception {
    Path run = temp.resolve("run");
    for (String stage : List.of("score", "prune", "distill")) {
      Potstill.runStage(
          stage, scored(run), RunOptions.NEW, RunListener.SILENT, new CancellationToken());
    }
    List<Path> files = new ArrayList<>(List.of(run.resolve("config.yaml")));
    files.add(run.resolve("stages.json"));
    files.add(run.resolve("checkpoints/distill-000000012.safetensors"));
    List<byte[]> before = new ArrayList<>();
    for (Path file : files) {
      before.add(Files.readAllBytes(file));
    }
    Config wrong = scored(run, "distill.images-per-class=1000");
    InputException error = assertThrows(InputException.class, () -> repeat("distill", wrong));
    assertTrue(error.getMessage().contains("distill.images-per-class: 1000"), error.getMessage());
    for (int i = 0; i < before.size(); i++) {
      assertArrayEquals(before.get(i), Files.readAllBytes(files.get(i)), files.get(i).toString());
    }
    // What only another stage would lack is no reason.
    assertEquals(List.of("prune"), repeat("prune", wrong).stages());
  }

  @Test
  void anEvaluationIsForgottenOnlyWhereItsImagesAreThere() throws Exception {
    Path run = temp.resolve("run");
    Potstill.run(scored(run), RunListener.SILENT);
    byte[] stages = Files.readAllBytes(run.resolve("stages.json"));
    Path history = run.resolve("distilled/history");
    Files.writeString(history.resolve("000006.safetensors"), "damaged");
    assertNotEvaluated(scored(run), "000006.safetensors");
    Files.delete(history.resolve("000006.safetensors"));
    Files.delete(history.resolve("000012.safetensors"));
    assertNotEvaluated(scored(run), "holds no images of an iteration that evaluate.every: 6");
    assertArrayEquals(stages, Files.readAllBytes(run.resolve("stages.json")));
    CancellationToken token = new CancellationToken();
    Config changed = scored(run, "evaluate.epochs=7");
    assertThrows(
        InputException.class,
        () -> Potstill.run(changed, RunOptions.RESUME, RunListener.SILENT, token));
    assertArrayEquals(stages, Files.readAllBytes(run.resolve("stages.json")));
    assertEquals(List.of("evaluate"), repeat("evaluate", scored(run, "evaluate.every=0")).stages());
  }

  @Test
  void damagedImagesOfAFinishedRunAreNamed() throws Exception {
    Path run = temp.resolve("run");
    Potstill.run(scored(run), RunListener.SILENT);
    Path images = run.resolve("distilled/distilled.safetensors");
    byte[] bytes = Files.readAllBytes(images);
    bytes[bytes.length - 40] ^= 1;
    Files.write(images, bytes);
    CancellationToken token = new CancellationToken();
    InputException error =
        assertThrows(
            InputException.class,
            () -> Potstill.run(scored(run), RunOptions.RESUME, RunListener.SILENT, token));
    assertTrue(error.getMessage().startsWith(images.toString()), error.getMessage());
    assertTrue(error.getMessage().endsWith("from the last checkpoint"), error.getMessage());
    bytes[bytes.length - 40] ^= 1;
    Files.write(images, bytes);
    assertTrue(
        Potstill.run(scored(run), RunOptions.RESUME, RunListener.SILENT, token).wasFinished());
  }

  @Test
  void imagesThatAreMissingAreMadeFromTheLastCheckpoint() throws Exception {
    Path run = temp.resolve("run");
    Potstill.run(scored(run), RunListener.SILENT);
    Path images = run.resolve("distilled/distilled.safetensors");
    byte[] before = Files.readAllBytes(images);
    Files.delete(images);
    Heard heard = new Heard();
    CancellationToken token = new CancellationToken();
    assertEquals(
        List.of("distill", "evaluate", "report"),
        Potstill.run(scored(run), RunOptions.RESUME, heard, token).stages());
    assertEquals(
        List.of("distill: " + images + " is missing and is made anew"), heard.warningsByStage());
    assertEquals(List.of(), heard.figures());
    assertArrayEquals(before, Files.readAllBytes(images));

    Path last = run.resolve("distilled/history/000012.safetensors");
    byte[] kept = Files.readAllBytes(last);
    Files.delete(last);
    Files.delete(images);
    InputException error =
        assertThrows(
            InputException.class, () -> Potstill.run(scored(run), RunOptions.RESUME, heard, token));
    assertTrue(error.getMessage().contains("is missing, though stage distill"));
    Files.write(last, kept);
    Config more = scored(run, "distill.iterations=14");
    assertEquals(3, Potstill.run(more, RunOptions.RESUME, heard, token).stages().size());
    assertEquals("distill 13", heard.figures().get(0));

    for (Path file : checkpoints(run)) {
      Files.delete(file);
    }
    heard.clear();
    Potstill.run(scored(run, "distill.iterations=15"), RunOptions.RESUME, heard, token);
    assertEquals(
        List.of("distill: begins from the start, since there is no checkpoint of it left"),
        heard.warningsByStage());
  }

  private static List<Path> checkpoints(Path run) throws Exception {
    try (Stream<Path> files = Files.list(run.resolve("checkpoints"))) {
      return files.filter(file -> file.toString().endsWith(".safetensors")).toList();
    }
  }

  private static void assertNotEvaluated(Config config, String words) {
    InputException error = assertThrows(InputException.class, () -> repeat("evaluate", config));
    assertTrue(error.getMessage().contains(words), error.getMessage());
  }

  @Test
  void expertsAreKeptWhereTheyGrowAndTrainedAnewWhereTheyAreRepeated() throws Exception {
    Path run = temp.resolve("run");
    Path expert = run.resolve("experts/expert-0000.safetensors");
    repeat("prune", experts(run, 1, 0.01));
    repeat("experts", experts(run, 1, 0.01));
    byte[] first = Files.readAllBytes(expert);
    Potstill.runStage(
        "experts",
        experts(run, 2, 0.01),
        RunOptions.RESUME,
        RunListener.SILENT,
        new CancellationToken());
    assertArrayEquals(first, Files.readAllBytes(expert));
    assertTrue(Files.exists(run.resolve("experts/expert-0001.safetensors")));
    repeat("experts", experts(run, 1, 0.02));
    assertFalse(Arrays.equals(first, Files.readAllBytes(expert)));
    assertFalse(Files.exists(run.resolve("experts/expert-0001.safetensors")));
  }

  private Config experts(Path run, int count, double rate) throws Exception {
    return TinyConfig.load(
        temp,
        run,
        "prune.mode=random",
        "distill.method=mtt",
        "experts.count=" + count,
        "experts.epochs=2",
        "experts.learning-rate=" + rate,
        "distill.trajectory.expert-epochs=1",
        "distill.trajectory.max-start-epoch=1");
  }

  private static RunResult repeat(String stage, Config config) {
    return Potstill.runStage(
        stage, config, RunOptions.OVERWRITE, RunListener.SILENT, new CancellationToken());
  }

  private Path withoutScores() throws Exception {
    Path folder = Files.createDirectory(temp.resolve("without"));
    Files.copy(whole().resolve("stages.json"), folder.resolve("stages.json"));
    return folder;
  }

  @Test
  void aMistakeShowsBeforeAnythingRunsWhereARunIsResumedThatNeverBegan() throws Exception {
    Config config = TinyConfig.load(temp, temp.resolve("new"), "distill.images-per-class=1000");
    InputException error =
        assertThrows(
            InputException.class,
            () ->
                Potstill.run(
                    config, RunOptions.RESUME, RunListener.SILENT, new CancellationToken()));
    assertTrue(error.getMessage().contains("distill.images-per-class: 1000"), error.getMessage());
    assertFalse(Files.exists(temp.resolve("new")));
  }

  @Test
  void onlyWhatExtendsARunMayChangeOnResume() throws Exception {
    Path run = temp.resolve("run");
    CancellationToken token = new CancellationToken();
    Potstill.run(scored(run), RunListener.SILENT);
    InputException error =
        assertThrows(
            InputException.class,
            () ->
                Potstill.run(
                    scored(run, "prune.keep=0.5"), RunOptions.RESUME, RunListener.SILENT, token));
    assertTrue(error.getMessage().contains("prune.keep"), error.getMessage());
    assertEquals(
        List.of("distill", "evaluate", "report"),
        Potstill.run(
                scored(run, "distill.iterations=15"), RunOptions.RESUME, RunListener.SILENT, token)
            .stages());
  }

  @Test
  void moreIterationsAreRefusedBeforeAnythingIsForgottenWhereNoCheckpointIsSound()
      throws Exception {
    Path run = temp.resolve("run");
    Potstill.run(scored(run), RunListener.SILENT);
    for (Path file : checkpoints(run)) {
      byte[] bytes = Files.readAllBytes(file);
      bytes[bytes.length - 1] ^= 1;
      Files.write(file, bytes);
    }
    CancellationToken token = new CancellationToken();
    Config more = scored(run, "distill.iterations=15");
    InputException error =
        assertThrows(
            InputException.class,
            () -> Potstill.run(more, RunOptions.RESUME, RunListener.SILENT, token));
    assertTrue(error.getMessage().contains("is damaged"), error.getMessage());
    assertThrows(
        InputException.class,
        () -> Potstill.runStage("distill", more, RunOptions.RESUME, RunListener.SILENT, token));
    assertTrue(
        Potstill.run(scored(run), RunOptions.RESUME, RunListener.SILENT, token).wasFinished());
  }

  @Test
  void stagesRunOneByOneGiveTheSameFiles() throws Exception {
    Path parts = temp.resolve("parts");
    for (String stage : LINE) {
      RunResult result =
          Potstill.runStage(
              stage, scored(parts), RunOptions.NEW, RunListener.SILENT, new CancellationToken());
      assertEquals(List.of(stage), result.stages());
    }
    for (String file : List.of("scores.csv", "coreset.csv", "distilled/distilled.safetensors")) {
      assertEquals(-1, Files.mismatch(whole().resolve(file), parts.resolve(file)), file);
    }
  }

  /** Stops {@code work} as soon as {@code stage} has done something. */
  private static void stopIn(String stage, BiConsumer<RunListener, CancellationToken> work) {
    CancellationToken token = new CancellationToken();
    RunListener stopper =
        new RunListener() {
          @Override
          public void progress(String now, String task, long done, long total, String unit) {
            if (now.equals(stage)) {
              token.cancel();
            }
          }
        };
    assertThrows(RunCancelledException.class, () -> work.accept(stopper, token), stage);
  }

  @Test
  void aCancelledRunIsContinuedToTheSameResult() throws Exception {
    Path stopped = temp.resolve("stopped");
    Config config = TinyConfig.load(temp, stopped);
    for (String stage : List.of("score", "distill", "evaluate")) {
      stopIn(stage, (listener, token) -> Potstill.run(config, RunOptions.RESUME, listener, token));
    }
    Potstill.run(
        TinyConfig.load(temp, stopped),
        RunOptions.RESUME,
        RunListener.SILENT,
        new CancellationToken());
    for (String file :
        List.of(
            "scores.csv", "coreset.csv", "distilled/distilled.safetensors", "evaluation.json")) {
      assertEquals(-1, Files.mismatch(whole().resolve(file), stopped.resolve(file)), file);
    }
  }

  @ParameterizedTest
  @CsvSource({"score, score.epochs=2, 1", "distill, distill.learning-rate=3, 11"})
  void whatAStageDidAloneIsKeptFromOtherSettings(String stage, String change, int rest)
      throws Exception {
    Path run = temp.resolve("run");
    boolean scores = stage.equals("score");
    Config config = scores ? TinyConfig.load(temp, run) : scored(run);
    Config changed = scores ? TinyConfig.load(temp, run, change) : scored(run, change);
    for (String before : scores ? List.<String>of() : List.of("score", "prune")) {
      Potstill.runStage(
          before, config, RunOptions.NEW, RunListener.SILENT, new CancellationToken());
    }
    // Before its end: two epochs of scorers, twelve iterations.
    assertEquals(
        1,
        counted(
            1,
            (listener, token) ->
                Potstill.runStage(stage, config, RunOptions.NEW, listener, token)));
    List<Path> files = List.of(run.resolve("config.yaml"), newest(run.resolve("checkpoints")));
    List<byte[]> before = new ArrayList<>();
    for (Path file : files) {
      before.add(Files.readAllBytes(file));
    }
    InputException error =
        assertThrows(
            InputException.class,
            () ->
                Potstill.runStage(
                    stage, changed, RunOptions.NEW, RunListener.SILENT, new CancellationToken()));
    String told = change.replaceFirst("=.*", " was ");
    assertTrue(error.getMessage().startsWith(told), error.getMessage());
    for (int i = 0; i < files.size(); i++) {
      assertArrayEquals(before.get(i), Files.readAllBytes(files.get(i)), files.get(i).toString());
    }
    // Keys of later stages may have changed; it goes on.
    Config later =
        scores
            ? TinyConfig.load(temp, run, "distill.learning-rate=3")
            : scored(run, "evaluate.epochs=3");
    assertEquals(
        rest,
        counted(
            100,
            (listener, token) -> Potstill.runStage(stage, later, RunOptions.NEW, listener, token)));
  }

  private static Path newest(Path folder) throws Exception {
    try (Stream<Path> files = Files.list(folder)) {
      return files.max(Comparator.naturalOrder()).orElseThrow();
    }
  }

  /** How many repeats the stage {@code evaluate} alone measures; stopped after so many. */
  private static int measured(Config config, RunOptions options, int most) {
    return counted(
        most, (listener, token) -> Potstill.runStage("evaluate", config, options, listener, token));
  }

  /** How many figures {@code work} reports; stopped after so many. */
  private static int counted(int most, BiConsumer<RunListener, CancellationToken> work) {
    CancellationToken token = new CancellationToken();
    AtomicInteger measured = new AtomicInteger();
    RunListener listener =
        new RunListener() {
          @Override
          public void metric(String stage, long step, String name, double value) {
            if (measured.incrementAndGet() == most) {
              token.cancel();
            }
          }
        };
    try {
      work.accept(listener, token);
      assertTrue(measured.get() < most, "it was not stopped");
    } catch (RunCancelledException e) {
      assertEquals(130, e.exitStatus());
      assertEquals(most, measured.get());
    }
    return measured.get();
  }

  @Test
  void aStoppedEvaluationAloneGoesOnOrIsRepeated() throws Exception {
    Path run = temp.resolve("run");
    Config config = scored(run);
    for (String stage : List.of("score", "prune", "distill")) {
      Potstill.runStage(stage, config, RunOptions.NEW, RunListener.SILENT, new CancellationToken());
    }
    int all = 8;
    assertEquals(3, measured(config, RunOptions.NEW, 3));
    InputException error =
        assertThrows(
            InputException.class,
            () ->
                Potstill.runStage(
                    "report",
                    config,
                    RunOptions.RESUME,
                    RunListener.SILENT,
                    new CancellationToken()));
    assertTrue(
        error.getMessage().startsWith("stage report needs stage evaluate, which stopped before"),
        error.getMessage());
    assertTrue(
        error.getMessage().contains("engine.jar evaluate CONFIG --resume"), error.getMessage());
    assertFalse(Files.readString(run.resolve("stages.json")).contains("\"evaluate\""));
    assertEquals(all - 3, measured(config, RunOptions.RESUME, all));
    assertTrue(Files.readString(run.resolve("stages.json")).contains("\"evaluate\""));
    byte[] once = Files.readAllBytes(run.resolve("evaluation.json"));
    assertEquals(
        -1, Files.mismatch(whole().resolve("evaluation.json"), run.resolve("evaluation.json")));
    assertEquals(0, measured(config, RunOptions.RESUME, all));
    assertEquals(3, measured(config, RunOptions.OVERWRITE, 3));
    assertEquals(all, measured(config, RunOptions.OVERWRITE, all + 1));
    assertArrayEquals(once, Files.readAllBytes(run.resolve("evaluation.json")));
  }

  @Test
  void aRunWithoutACheckpointIsBegunAnew() throws Exception {
    Path run = temp.resolve("run");
    Config config = scored(run);
    CancellationToken stopped = new CancellationToken();
    stopped.cancel();
    assertThrows(
        RunCancelledException.class,
        () -> Potstill.run(config, RunOptions.NEW, RunListener.SILENT, stopped));
    assertFalse(Files.exists(run.resolve("checkpoints")));
    assertEquals(
        LINE,
        Potstill.run(config, RunOptions.RESUME, RunListener.SILENT, new CancellationToken())
            .stages());
    String file = "distilled/distilled.safetensors";
    assertEquals(-1, Files.mismatch(whole().resolve(file), run.resolve(file)));
  }

  @Test
  void aSetFromElsewhereIsEvaluated() throws Exception {
    Path images = whole().resolve("distilled/images");
    Path run = temp.resolve("run");
    RunResult result =
        Potstill.evaluate(images, scored(run), RunListener.SILENT, new CancellationToken());
    assertEquals(List.of("evaluate"), result.stages());
    assertTrue(Files.readString(run.resolve("evaluation.json")).contains("accuracies"));
  }

  /** How many repeats on {@code images} are measured; stopped after so many. */
  private static int measuredOn(Path images, Config config, RunOptions options, int most) {
    return counted(
        most, (listener, token) -> Potstill.evaluate(images, config, options, listener, token));
  }

  @Test
  void aStoppedEvaluationOfASetFromElsewhereGoesOnApartFromTheRunsOwn() throws Exception {
    Path images = whole().resolve("distilled/images");
    Path run = temp.resolve("run");
    Config config = scored(run);
    for (String stage : List.of("score", "prune", "distill")) {
      Potstill.runStage(stage, config, RunOptions.NEW, RunListener.SILENT, new CancellationToken());
    }
    int own = 8;
    // No iteration is chosen.
    int all = 4;
    assertEquals(3, measured(config, RunOptions.NEW, 3));
    assertEquals(3, measuredOn(images, config, RunOptions.NEW, 3));
    assertEquals(all - 3, measuredOn(images, config, RunOptions.NEW, all));
    assertEquals(0, measuredOn(images, config, RunOptions.NEW, all));
    assertEquals(all, measuredOn(images, config, RunOptions.OVERWRITE, all + 1));
    // Those on random images were measured beside the others.
    assertEquals(own - 3 - 2, measured(config, RunOptions.RESUME, own));
    assertEquals(
        -1, Files.mismatch(whole().resolve("evaluation.json"), run.resolve("evaluation.json")));
  }

  @Test
  void aSetThatDoesNotFitLeavesTheRunsEvaluationAlone() throws Exception {
    Path run = temp.resolve("run");
    String[] settings = {"prune.mode=none", "prune.keep=1"};
    Config config = TinyConfig.load(temp, run, settings);
    Potstill.run(config, RunListener.SILENT);
    List<String> files =
        List.of("config.yaml", "stages.json", "metrics.jsonl", "evaluation.json", "report.html");
    List<String> before = new ArrayList<>();
    for (String file : files) {
      before.add(Files.readString(run.resolve(file)));
    }
    Path none = temp.resolve("none.safetensors");
    assertThrows(
        InputException.class,
        () -> Potstill.evaluate(none, config, RunListener.SILENT, new CancellationToken()));
    Path images = whole().resolve("distilled/images");
    Config unscored =
        TinyConfig.load(temp, run, settings[0], settings[1], "evaluate.baselines=[easiest]");
    assertThrows(
        InputException.class,
        () -> Potstill.evaluate(images, unscored, RunListener.SILENT, new CancellationToken()));
    for (String file : files) {
      assertEquals(before.get(files.indexOf(file)), Files.readString(run.resolve(file)), file);
    }
  }

  @Test
  void nativeMemoryAndThreadCountsAreGivenBack() throws Exception {
    LibTorch.load();
    int threads = torch.get_num_threads();
    Potstill.run(scored(temp.resolve("first")), RunListener.SILENT);
    System.gc();
    long before = Pointer.totalBytes();
    Potstill.run(scored(temp.resolve("second")), RunListener.SILENT);
    assertEquals(threads, torch.get_num_threads());
    long left = Pointer.totalBytes() - before;
    assertTrue(left < 1 << 20, left + " bytes of native memory were not given back");
  }

  @Test
  void aDataSetThatCannotBeOpenedLeavesNoRunDirectory() throws Exception {
    Path run = temp.resolve("run");
    Config config = TinyConfig.load(temp, run, "data.classes=[Trouser, Sock]");
    assertThrows(InputException.class, () -> Potstill.run(config, RunListener.SILENT));
    assertFalse(Files.exists(run));
  }
}
