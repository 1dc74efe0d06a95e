package org.potstill.evaluate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.potstill.evaluate.EvaluationRuns.data;
import static org.potstill.evaluate.EvaluationRuns.with;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.potstill.data.Dataset;
import org.potstill.data.ImageRecord;
import org.potstill.data.PatternDataset;
import org.potstill.errors.RunCancelledException;
import org.potstill.prune.CoreSet;
import org.potstill.run.CancellationToken;
import org.potstill.run.RunListener;
import org.potstill.tensor.LibTorch;
import org.potstill.testing.Heard;
import org.potstill.testing.Stopper;

class ResumedEvaluationTest {

  @TempDir Path folder;
  private EvaluationRuns runs;

  @BeforeEach
  void setUp() {
    LibTorch.load();
    runs = new EvaluationRuns(folder);
    PatternDataset data = data();
    List<CoreSet.Entry> kept = new ArrayList<>();
    for (ImageRecord image : data.training()) {
      String key = data.classKeys().get(image.classIndex());
      kept.add(new CoreSet.Entry(image.id(), key, kept.size(), kept.size() % 10 + 1));
    }
    for (String run : List.of("whole", "same", "mended")) {
      new CoreSet(kept).write(runs.prepared(run).resolve(CoreSet.FILE));
    }
  }

  @Test
  void evaluationThatWasStoppedEndsBitIdentical() throws IOException {
    String[] settings = with("evaluate.baselines=[random]");
    runs.evaluate("whole", data(), null, settings);
    stop("stopped", 65, data(), settings);
    assertFalse(Files.exists(folder.resolve("stopped/evaluation.json")));
    assertEquals(61, resume("stopped", data(), settings));
    assertEquals(
        Files.readString(folder.resolve("whole/evaluation.json")),
        Files.readString(folder.resolve("stopped/evaluation.json")));
    assertEquals(4, Files.readAllLines(folder.resolve("stopped/metrics.jsonl")).size());
  }

  @Test
  void repeatsMeasuredWithoutAnImageAreNotAveragedWithRepeatsMeasuredWithIt() throws IOException {
    String[] skip = with("data.on-bad-image=skip");
    PatternDataset bad = data().withBadTest(3, "it ends early");
    stop("same", 35, bad, skip);
    assertEquals(31, resume("same", bad, skip));
    stop("mended", 35, bad, skip);
    assertEquals(1, resume("mended", data(), skip));
    runs.evaluate("whole", data(), null, skip);
    assertEquals(
        Files.readString(folder.resolve("whole/evaluation.json")),
        Files.readString(folder.resolve("mended/evaluation.json")));
  }

  @ParameterizedTest
  @ValueSource(strings = {"full", "herding", "k-center", "easiest", "random"})
  void repeatsTrainedWithoutAnImageAreNotAveragedWithRepeatsTrainedWithIt(String baseline)
      throws IOException {
    String[] skip =
        with(
            "data.on-bad-image=skip",
            "evaluate.baselines=[" + baseline + "]",
            "evaluate.feature-epochs=1");
    PatternDataset bad = data();
    for (int i = 0; i < 30; i += 2) {
      bad.withBad(i, "it ends early");
    }
    // After the first of two repeats, behind the two on the distilled images.
    stop("same", 95, bad, skip);
    assertEquals(91, resume("same", bad, skip));
    stop("mended", 95, bad, skip);
    assertEquals(61, resume("mended", data(), skip));
    runs.evaluate("whole", data(), null, skip);
    assertEquals(
        Files.readString(folder.resolve("whole/evaluation.json")),
        Files.readString(folder.resolve("mended/evaluation.json")));
  }

  @Test
  void repeatsOfAnotherNormalisationAreNotAveraged() {
    String[] skip = with("data.on-bad-image=skip");
    stop("same", 35, data(), skip);
    assertEquals(31, resume("same", data(), skip));
    stop("mended", 35, data(), skip);
    assertEquals(1, resume("mended", data().withMean(0.4), skip));
  }

  @Test
  void repeatsOfAnotherWhiteningAreNotAveraged() throws IOException {
    String[] skip = with("data.on-bad-image=skip", "data.whitening=zca", "data.resolution=8");
    PatternDataset bad = data().withBad(3, "it ends early");
    for (String run : List.of("kept", "made")) {
      stop(run, 35, bad, skip);
    }
    // What the distilled images were made for stays.
    assertEquals(31, resume("kept", data(), skip));
    Files.delete(folder.resolve("made/whitening.safetensors"));
    assertEquals(1, resume("made", data(), skip));
  }

  @Test
  void ofAFinishedEvaluationNothingIsWhitenedAgain() throws IOException {
    String[] skip = with("data.on-bad-image=skip", "data.whitening=zca", "data.resolution=8");
    runs.evaluate("run", data(), null, skip);
    Path whitening = folder.resolve("run/whitening.safetensors");
    Files.delete(whitening);
    String before = Files.readString(folder.resolve("run/evaluation.json"));
    runs.evaluate("run", data(), null, skip);
    assertFalse(Files.exists(whitening));
    assertEquals(before, Files.readString(folder.resolve("run/evaluation.json")));
  }

  /** Leaves an evaluation when so many epochs are done. */
  private void stop(String run, long epochs, Dataset data, String... settings) {
    CancellationToken cancellation = new CancellationToken();
    RunListener stopper =
        new Stopper(cancellation, now -> now.unit().equals("epochs") && now.done() == epochs);
    assertThrows(
        RunCancelledException.class,
        () -> runs.evaluate(run, data, null, cancellation, stopper, settings));
  }

  /** Ends an evaluation and returns which epoch was trained first. */
  private long resume(String run, Dataset data, String... settings) {
    Heard heard = new Heard();
    runs.evaluate(run, data, null, new CancellationToken(), heard, settings);
    return heard.progress().stream()
        .filter(told -> told.unit().equals("epochs") && !told.task().contains("features"))
        .findFirst()
        .orElseThrow()
        .done();
  }
}
