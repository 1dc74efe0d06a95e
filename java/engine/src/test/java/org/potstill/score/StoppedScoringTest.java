package org.potstill.score;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.potstill.data.PatternDataset;
import org.potstill.errors.InputException;
import org.potstill.errors.RunCancelledException;
import org.potstill.run.CancellationToken;
import org.potstill.run.RunListener;
import org.potstill.testing.Heard;
import org.potstill.testing.Stopper;

class StoppedScoringTest extends ScoringTests {

  @Test
  void trainingThatWasStoppedEndsBitIdentical() throws IOException {
    // Two steps an epoch and four a fold: the third lies in the middle of an epoch.
    String[] settings = with(TRAINED, "score.batch=4");
    score("whole", grey(), settings);
    CancellationToken cancellation = new CancellationToken();
    RunListener stopper =
        new RunListener() {
          private int steps;

          @Override
          public void progress(String stage, String task, long done, long total, String unit) {
            if (unit.equals("steps") && ++steps == 3) {
              cancellation.cancel();
            }
          }
        };
    assertThrows(
        RunCancelledException.class,
        () -> score("stopped", grey(), cancellation, stopper, settings));
    assertFalse(Files.exists(folder.resolve("stopped/scores.csv")));
    try (Stream<Path> checkpoints = Files.list(folder.resolve("stopped/checkpoints"))) {
      assertEquals(1, checkpoints.filter(path -> path.toString().endsWith(".safetensors")).count());
    }
    score("stopped", grey(), new CancellationToken(), heard, settings);
    assertFalse(heard.done("training scorers").contains(1L), heard.progress().toString());
    assertArrayEquals(
        Files.readAllBytes(folder.resolve("whole/scores.csv")),
        Files.readAllBytes(folder.resolve("stopped/scores.csv")));
    assertEquals(4, Files.readAllLines(folder.resolve("stopped/metrics.jsonl")).size());
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void foldsThatAreFinishedAreNotTrainedAgain(int threads) throws IOException {
    String[] settings = with(TRAINED, "score.batch=4");
    Scores whole = whole(settings);
    this.threads = threads;
    // Four steps a fold: the last one of all.
    stopTraining("run", 8, settings);
    // Beside another fold, it may have its losses by then.
    Path trained = folder.resolve("run/checkpoints/score-0001-000000004.safetensors");
    assertTrue(Files.exists(trained) || threads == 2);
    assertEquals(whole, score("run", grey(), new CancellationToken(), heard, settings));
    List<String> tasks = heard.tasks();
    assertEquals(
        new Heard.Progress("scoring", 16, 16, "images"),
        heard.progress().get(tasks.lastIndexOf("scoring")));
    assertEquals("writing the gallery", tasks.get(tasks.lastIndexOf("scoring") + 1));
    assertFalse(tasks.stream().anyMatch(task -> task.startsWith("training")), tasks.toString());
    assertEquals(4, Files.readAllLines(folder.resolve("run/metrics.jsonl")).size());
    try (Stream<Path> left = Files.list(folder.resolve("run/checkpoints"))) {
      List<String> names =
          left.map(path -> path.getFileName().toString())
              .filter(name -> name.endsWith(".safetensors"))
              .sorted()
              .toList();
      assertEquals(
          List.of(
              "score-0000-losses-000000008.safetensors", "score-0001-losses-000000008.safetensors"),
          names);
    }
  }

  /** Leaves a checkpoint after the first step. */
  private void stopTraining(String run, String... settings) {
    stopTraining(run, 1, settings);
  }

  private void stopTraining(String run, int steps, String... settings) {
    CancellationToken cancelled = new CancellationToken();
    RunListener stopper =
        new Stopper(cancelled, now -> now.unit().equals("steps") && now.done() == steps);
    assertThrows(
        RunCancelledException.class, () -> score(run, grey(), cancelled, stopper, settings));
  }

  /** Neither that of a training nor the losses of a fold that is done. */
  @Test
  void checkpointOfOtherSettingsIsNotTaken() {
    String[] settings = with(TRAINED, "score.epochs=1");
    Scores whole = whole(settings);
    // One step a fold.
    stopTraining("run", 2, with(settings, "score.learning-rate=0.02"));
    assertEquals(whole, score("run", grey(), settings));
  }

  @Test
  void aFoldWhoseLossesAreDamagedIsTrainedAgain() throws IOException {
    String[] settings = with(TRAINED, "score.epochs=1");
    Scores whole = whole(settings);
    stopTraining("run", 2, settings);
    Path losses = folder.resolve("run/checkpoints/score-0000-losses-000000008.safetensors");
    Files.write(losses, new byte[100]);
    assertEquals(whole, score("run", grey(), new CancellationToken(), heard, settings));
    assertEquals(
        List.of("the losses of fold 1 are damaged; its scorer is trained again"), heard.warnings());
  }

  @Test
  void checkpointOfImagesOfWhichOneCanNoLongerBeReadIsNotTaken() {
    String[] skip = with(TRAINED, "data.on-bad-image=skip", "score.epochs=1");
    stopTraining("run", skip);
    Scores whole = score("whole", grey().withBad(3, "it ends early"), skip);
    assertEquals(whole, score("run", grey().withBad(3, "it ends early"), skip));
  }

  @Test
  void pretrainedScoringThatWasStoppedEndsBitIdentical() throws IOException {
    String[] settings = with(pretrained(weights("")), "data.on-bad-image=skip");
    PatternDataset data =
        new PatternDataset(20, 3, 6, "n01440764", "n02102040")
            .withBad(2, "it ends early")
            .withBad(8, "it is empty");
    score("whole", data, settings);
    CancellationToken cancellation = new CancellationToken();
    assertThrows(
        RunCancelledException.class,
        () -> score("stopped", data, cancellation, stopAt(6, cancellation), settings));
    assertFalse(Files.exists(folder.resolve("stopped/scores.csv")));
    score("stopped", data, new CancellationToken(), heard, settings);
    assertEquals(List.of(9L, 12L), heard.done("scoring"));
    try (Stream<Path> files = Files.walk(folder.resolve("whole"))) {
      for (Path file : (Iterable<Path>) files.filter(Files::isRegularFile)::iterator) {
        Path same = folder.resolve("stopped").resolve(folder.resolve("whole").relativize(file));
        if (!file.endsWith(".lock") && !file.endsWith("run.log")) {
          assertArrayEquals(Files.readAllBytes(file), Files.readAllBytes(same), same.toString());
        }
      }
    }
    assertEquals(
        List.of("it ends early", "it is empty"),
        List.copyOf(LeftOut.read(folder.resolve("stopped/left-out.csv")).reasons().values()));
  }

  @Test
  void pretrainedScoringThatAnEarlierVersionBeganGoesOn() throws IOException {
    PatternDataset data = new PatternDataset(20, 3, 6, "n01440764", "n02102040").withTests("1");
    PatternDataset before =
        new PatternDataset(20, 3, 6, "n01440764", "n02102040").withTests("1").knownByAll();
    String[] settings = pretrained(weights(""));
    CancellationToken stop = new CancellationToken();
    assertThrows(
        RunCancelledException.class, () -> score("run", before, stop, stopAt(6, stop), settings));
    score("run", data, new CancellationToken(), heard, settings);
    assertEquals(List.of(9L, 12L), heard.done("scoring"));
  }

  @Test
  void aScorerThatAnEarlierVersionBeganGoesOn() {
    String[] settings = with(TRAINED, "score.batch=4");
    CancellationToken stop = new CancellationToken();
    RunListener atFive =
        new RunListener() {
          private int steps;

          @Override
          public void progress(String stage, String task, long done, long total, String unit) {
            // Within the second fold of four steps each.
            if (unit.equals("steps") && ++steps == 6) {
              stop.cancel();
            }
          }
        };
    PatternDataset before = grey().withTests("1").knownByAll();
    assertThrows(RunCancelledException.class, () -> score("run", before, stop, atFive, settings));
    Scores scores = score("run", grey().withTests("1"), new CancellationToken(), heard, settings);
    assertEquals(score("whole", grey(), settings), scores);
    List<Heard.Progress> steps =
        heard.progress().stream().filter(progress -> progress.unit().equals("steps")).toList();
    assertTrue(steps.get(0).done() > 4, steps.toString());
  }

  @Test
  void checkpointsOfOtherImagesDoNotOutliveThoseOfTheseImages() throws IOException {
    String[] settings = pretrained(weights(""));
    PatternDataset fewer = new PatternDataset(20, 3, 5, "n01440764", "n02102040");
    PatternDataset more = new PatternDataset(20, 3, 6, "n01440764", "n02102040");
    CancellationToken late = new CancellationToken();
    assertThrows(
        RunCancelledException.class, () -> score("run", fewer, late, stopAt(9, late), settings));
    CancellationToken early = new CancellationToken();
    assertThrows(
        RunCancelledException.class, () -> score("run", more, early, stopAt(6, early), settings));
    score("run", more, new CancellationToken(), heard, settings);
    assertEquals(List.of(9L, 12L), heard.done("scoring"));
  }

  @Test
  void weightsMayBeMovedWhileAScoringIsStoppedButNotReplaced() throws IOException {
    PatternDataset data = new PatternDataset(20, 3, 4, "n01440764", "n02102040");
    CancellationToken stop = new CancellationToken();
    String[] settings = pretrained(weights(""));
    assertThrows(
        RunCancelledException.class, () -> score("run", data, stop, stopAt(3, stop), settings));
    Path moved = Files.move(weights(""), folder.resolve("moved.safetensors"));
    InputException error =
        assertThrows(
            InputException.class, () -> score("run", data, pretrained(weights("", 1000, 2))));
    assertTrue(error.getMessage().startsWith("score.weights: the file that"), error.getMessage());
    score("run", data, new CancellationToken(), heard, pretrained(moved));
    assertEquals(List.of(6L, 8L), heard.done("scoring"));
  }
}
