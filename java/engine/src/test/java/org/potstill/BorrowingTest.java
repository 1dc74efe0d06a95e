package org.potstill;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.potstill.config.Config;
import org.potstill.errors.InputException;
import org.potstill.pipeline.RunOptions;
import org.potstill.run.CancellationToken;
import org.potstill.run.RunListener;
import org.potstill.testing.Heard;
import org.potstill.testing.TinyConfig;

/** What a run takes from another one, or from its own past, instead of computing it again. */
class BorrowingTest {

  private static final String[] SMALL = {
    "prune.mode=none",
    "distill.method=mtt",
    "distill.iterations=2",
    "distill.images-per-class=1",
    "distill.trajectory.steps=2",
    "distill.trajectory.expert-epochs=1",
    "distill.trajectory.max-start-epoch=1",
    "experts.count=2",
    "experts.epochs=1",
    "evaluate.every=0"
  };

  private static final String IMAGES = "distilled/distilled.safetensors";
  private static final String ACCURACIES = "evaluation.json";

  @TempDir static Path shared;
  @TempDir Path temp;

  @BeforeAll
  static void lender() throws IOException {
    Potstill.run(TinyConfig.load(shared, lent(), SMALL), RunListener.SILENT);
  }

  private static Path lent() {
    return shared.resolve("lent");
  }

  private Config config(Path run, String... settings) throws IOException {
    List<String> all = new ArrayList<>(List.of(SMALL));
    all.addAll(Arrays.asList(settings));
    return TinyConfig.load(temp, run, all.toArray(String[]::new));
  }

  private static Heard run(Config config, RunOptions options) {
    Heard heard = new Heard();
    Potstill.run(config, options, heard, new CancellationToken());
    return heard;
  }

  private static void assertSame(String file, Path one, Path other) throws IOException {
    assertArrayEquals(
        Files.readAllBytes(one.resolve(file)), Files.readAllBytes(other.resolve(file)), file);
  }

  @Test
  void trainingsThatAnotherRunFinishedAreTaken() throws IOException {
    Path run = temp.resolve("run");
    String other = "distill.learning-rate=100";
    Heard borrowed = run(config(run, other, "evaluate.from=" + lent()), RunOptions.NEW);
    // Two on the images of its own; those on random images are lent.
    assertEquals(2, borrowed.figuresOf("evaluate"));
    assertTrue(
        borrowed.notesByStage().contains("evaluate: 2 trainings are those of " + lent()),
        borrowed.notesByStage().toString());
    assertEquals(List.of(), borrowed.warningsByStage());
    Path alone = temp.resolve("alone");
    assertEquals(4, run(config(alone, other), RunOptions.NEW).figuresOf("evaluate"));
    assertSame(ACCURACIES, alone, run);
    // The lender is not needed any more, nor the key.
    assertEquals(0, run(config(run, other), RunOptions.RESUME).figuresOf("evaluate"));
  }

  @Test
  void onlyWhatIsNewIsTrainedWhereMoreIsAskedFor() throws IOException {
    Path run = temp.resolve("run");
    Path alone = temp.resolve("alone");
    assertEquals(4, run(config(run), RunOptions.NEW).figuresOf("evaluate"));
    String more = "evaluate.repeats=3";
    assertEquals(2, run(config(run, more), RunOptions.RESUME).figuresOf("evaluate"));
    assertEquals(6, run(config(alone, more), RunOptions.NEW).figuresOf("evaluate"));
    assertSame(ACCURACIES, alone, run);
    assertEquals(0, run(config(run), RunOptions.RESUME).figuresOf("evaluate"));
    Files.writeString(run.resolve("trials.json"), "{\"cpu, 1 threads, 1 each\": 7");
    assertEquals(6, run(config(run, more), RunOptions.RESUME).figuresOf("evaluate"));
    assertSame(ACCURACIES, alone, run);
    assertEquals(6, run(config(run, more), RunOptions.OVERWRITE).figuresOf("evaluate"));
  }

  @Test
  void measuringAnotherSetAnewLeavesTheTrainingsOfTheRun() throws IOException {
    Path run = temp.resolve("run");
    run(config(run), RunOptions.NEW);
    byte[] own = Files.readAllBytes(run.resolve(ACCURACIES));
    Path images = lent().resolve("distilled/images");
    for (int i = 0; i < 2; i++) {
      Potstill.evaluate(
          images, config(run), RunOptions.OVERWRITE, RunListener.SILENT, new CancellationToken());
    }
    assertFalse(Arrays.equals(own, Files.readAllBytes(run.resolve(ACCURACIES))));
    assertEquals(0, run(config(run), RunOptions.RESUME).figuresOf("evaluate"));
    assertArrayEquals(own, Files.readAllBytes(run.resolve(ACCURACIES)));
  }

  @Test
  void trainingsOfOtherSettingsOrThreadsAreNotTaken() throws IOException {
    for (String other : List.of("evaluate.epochs=5", "run.threads=2")) {
      Path run = temp.resolve(other);
      Heard heard = run(config(run, other, "evaluate.from=" + lent()), RunOptions.NEW);
      assertEquals(4, heard.figuresOf("evaluate"));
      assertEquals(1, heard.warningsByStage().size(), other);
      assertTrue(
          heard
              .warningsByStage()
              .get(0)
              .startsWith("evaluate: evaluate.from: " + lent() + " has no"));
    }
  }

  @Test
  void expertsOfAnotherRunAreTakenAndTheRestIsTrained() throws IOException {
    Path run = temp.resolve("run");
    Heard heard = run(config(run, "experts.count=3", "experts.from=" + lent()), RunOptions.NEW);
    assertEquals(1, heard.figuresOf("experts"));
    assertTrue(
        heard.notesByStage().contains("experts: 2 of 3 experts are those of " + lent()),
        heard.notesByStage().toString());
    Path alone = temp.resolve("alone");
    assertEquals(3, run(config(alone, "experts.count=3"), RunOptions.NEW).figuresOf("experts"));
    for (String file : List.of("experts/expert-0002.safetensors", IMAGES, ACCURACIES)) {
      assertSame(file, alone, run);
    }
    assertEquals(0, run(config(run, "experts.count=3"), RunOptions.RESUME).figuresOf("experts"));
  }

  @Test
  void whatIsTakenIsNotTheLendersToLose() throws IOException {
    Path lender = temp.resolve("lender");
    run(config(lender), RunOptions.NEW);
    Path run = temp.resolve("run");
    assertEquals(
        0, run(config(run, "experts.from=" + lender), RunOptions.NEW).figuresOf("experts"));
    // Trained anew, it writes other files.
    run(config(lender, "experts.learning-rate=0.5"), RunOptions.OVERWRITE);
    Potstill.runStage(
        "distill",
        config(run, "experts.from=" + lender),
        RunOptions.OVERWRITE,
        RunListener.SILENT,
        new CancellationToken());
    assertSame(IMAGES, lent(), run);
  }

  @Test
  void expertsOfOtherSettingsAreRefusedBeforeAnythingIsDone() throws IOException {
    Path run = temp.resolve("run");
    run(config(run), RunOptions.NEW);
    byte[] stages = Files.readAllBytes(run.resolve("stages.json"));
    assertRefused(
        "experts.batch was 256 and is now 100", config(run, "experts.batch=100", from(lent())));
    assertArrayEquals(stages, Files.readAllBytes(run.resolve("stages.json")));
    assertTrue(Files.exists(run.resolve("experts/expert-0000.safetensors")));
  }

  private static String from(Path lender) {
    return "experts.from=" + lender;
  }

  private static void assertRefused(String difference, Config config) {
    InputException error =
        assertThrows(InputException.class, () -> run(config, RunOptions.OVERWRITE));
    assertEquals(
        "experts.from: "
            + lent()
            + ": its experts are not those that this run would train: "
            + difference
            + "; undo the change, or set experts.from: none",
        error.getMessage());
    InputException alone =
        assertThrows(
            InputException.class,
            () ->
                Potstill.runStage(
                    "experts",
                    config,
                    RunOptions.OVERWRITE,
                    RunListener.SILENT,
                    new CancellationToken()));
    assertEquals(error.getMessage(), alone.getMessage());
  }

  @Test
  void expertsAreLinkedWhereverTheirFilesReallyAre() throws IOException {
    Path lender = temp.resolve("lender");
    run(config(lender), RunOptions.NEW);
    Path elsewhere = Files.createDirectory(temp.resolve("elsewhere"));
    Path first = lender.resolve("experts/expert-0000.safetensors");
    Files.move(first, elsewhere.resolve("moved"));
    Files.createSymbolicLink(first, Path.of("../../elsewhere/moved"));
    Files.setPosixFilePermissions(
        elsewhere.resolve("moved"), PosixFilePermissions.fromString("r--r--r--"));
    Path run = temp.resolve("run");
    assertEquals(0, run(config(run, from(lender)), RunOptions.NEW).figuresOf("experts"));
    for (int expert = 0; expert < 2; expert++) {
      String name = "experts/expert-000" + expert + ".safetensors";
      assertTrue(Files.isSameFile(lender.resolve(name), run.resolve(name)), name);
    }
  }

  @Test
  void aDamagedOrMissingLenderCostsTimeOnly() throws IOException {
    Path lender = temp.resolve("lender");
    run(config(lender), RunOptions.NEW);
    Path first = lender.resolve("experts/expert-0000.safetensors");
    Files.write(first, Arrays.copyOf(Files.readAllBytes(first), 100));
    Path run = temp.resolve("run");
    Heard heard = run(config(run, from(lender), "evaluate.from=" + lender), RunOptions.NEW);
    assertEquals(1, heard.figuresOf("experts"));
    assertEquals(1, heard.warningsByStage().size(), heard.warningsByStage().toString());
    assertTrue(
        heard
            .warningsByStage()
            .get(0)
            .startsWith("experts: experts.from: " + lender + ": expert 0 is"),
        heard.warningsByStage().get(0));
    assertSame(IMAGES, lent(), run);
    Path gone = temp.resolve("gone");
    run(config(gone, from(lender)), RunOptions.NEW);
    Heard grown = run(config(gone, "experts.count=3", from(lender)), RunOptions.RESUME);
    assertEquals(1, grown.figuresOf("experts"));
    assertTrue(
        grown.warningsByStage().get(1).contains("there are none of those"),
        grown.warningsByStage().toString());

    Files.delete(lender.resolve("trials.json"));
    Heard more =
        run(config(run, "evaluate.repeats=3", "evaluate.from=" + lender), RunOptions.RESUME);
    assertEquals(2, more.figuresOf("evaluate"));
    for (String content : List.of("null", "{\"cpu\": null}", "{\"cpu\": {\"a\": {}}}", "[]")) {
      Files.writeString(run.resolve("trials.json"), content);
      Files.delete(run.resolve(ACCURACIES));
      assertEquals(4, run(config(run), RunOptions.RESUME).figuresOf("evaluate"), content);
    }
    Path trials = run.resolve("trials.json");
    String sound = Files.readString(trials);
    String changed = sound.replaceFirst("\"accuracy\" : 0\\.\\d", "\"accuracy\" : 0.1");
    assertNotEquals(sound, changed);
    Files.writeString(trials, changed);
    Files.delete(run.resolve(ACCURACIES));
    Heard again = run(config(run), RunOptions.RESUME);
    assertEquals(4, again.figuresOf("evaluate"));
    assertTrue(
        again
            .warningsByStage()
            .contains(
                "evaluate: "
                    + trials
                    + " is damaged: the SHA-256 in it is not that of its trainings; the"
                    + " trainings are done again"),
        again.warningsByStage().toString());
  }

  @Test
  void aDamagedEvaluationIsMadeAnew() throws IOException {
    Path run = temp.resolve("run");
    run(config(run), RunOptions.NEW);
    Path accuracies = run.resolve(ACCURACIES);
    String sound = Files.readString(accuracies);
    Files.writeString(accuracies, sound.replaceFirst("\"mean\" : 0\\.\\d", "\"mean\" : 0.1"));
    Heard again = run(config(run), RunOptions.RESUME);
    assertEquals(0, again.figuresOf("evaluate"));
    assertEquals(
        List.of("evaluate: " + accuracies + " is damaged and is made anew"),
        again.warningsByStage());
    assertEquals(sound, Files.readString(accuracies));
  }
}
