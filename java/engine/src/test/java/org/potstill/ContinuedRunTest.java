package org.potstill;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.potstill.config.Config;
import org.potstill.errors.InputException;
import org.potstill.errors.RunCancelledException;
import org.potstill.pipeline.RunOptions;
import org.potstill.run.CancellationToken;
import org.potstill.run.RunListener;
import org.potstill.testing.Heard;
import org.potstill.testing.TinyConfig;

class ContinuedRunTest extends PotstillTests {

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

  @Test
  void theLastImagesAreKeptWhereAnEarlierIterationIsChosen() throws Exception {
    Path run = temp.resolve("run");
    Potstill.run(scored(run), RunListener.SILENT);
    Path images = run.resolve("distilled/distilled.safetensors");
    Path history = run.resolve("distilled/history");
    CancellationToken token = new CancellationToken();
    Config last = scored(run, "distill.iterations=14", "evaluate.every=0");
    Potstill.run(last, RunOptions.RESUME, RunListener.SILENT, token);
    byte[] bytes = Files.readAllBytes(images);

    Config best = scored(run, "distill.iterations=14", "evaluate.every=6");
    Potstill.run(best, RunOptions.RESUME, RunListener.SILENT, token);
    assertArrayEquals(bytes, Files.readAllBytes(history.resolve("000014.safetensors")));
    String evaluation = Files.readString(run.resolve("evaluation.json"));
    assertTrue(evaluation.contains("\"14\""), "a candidate itself: " + evaluation);
    Potstill.run(last, RunOptions.RESUME, RunListener.SILENT, token);
    assertArrayEquals(bytes, Files.readAllBytes(images));
  }

  @Test
  void aFinishedRunThatIsRenamedHasItsReportMadeAnew() throws Exception {
    Path run = temp.resolve("run");
    Potstill.run(scored(run), RunListener.SILENT);
    CancellationToken token = new CancellationToken();
    Config renamed = scored(run, "run.name=another");
    Heard heard = new Heard();
    assertEquals(
        List.of("report"), Potstill.run(renamed, RunOptions.RESUME, heard, token).stages());
    for (String file : List.of("report.html", "config.yaml")) {
      assertTrue(Files.readString(run.resolve(file)).contains("another"), file);
    }
    Files.delete(run.resolve("config.yaml"));
    assertEquals(List.of(), Potstill.run(renamed, RunOptions.RESUME, heard, token).stages());
    assertTrue(Files.readString(run.resolve("config.yaml")).contains("another"));
    assertEquals(List.of(), heard.warningsByStage());
  }

  @Test
  void aRunThatGoesOnTakesNoTrainingsFromItself() throws Exception {
    Path run = temp.resolve("run");
    Potstill.run(scored(run), RunListener.SILENT);
    Config more = scored(run, "evaluate.epochs=7", "evaluate.from=" + run);
    InputException error =
        assertThrows(
            InputException.class,
            () -> Potstill.run(more, RunOptions.RESUME, new Heard(), new CancellationToken()));
    assertTrue(error.getMessage().contains("evaluate.from"), error.getMessage());
    assertTrue(error.getMessage().contains("is the run directory itself"), error.getMessage());
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
}
