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
import org.potstill.data.Dataset;
import org.potstill.data.PatternDataset;
import org.potstill.errors.RunCancelledException;
import org.potstill.run.CancellationToken;
import org.potstill.run.RunListener;
import org.potstill.tensor.LibTorch;

class ResumedEvaluationTest {

  @TempDir Path folder;
  private EvaluationRuns runs;

  @BeforeEach
  void setUp() {
    LibTorch.load();
    runs = new EvaluationRuns(folder);
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

  /** Leaves an evaluation when so many epochs are done. */
  private void stop(String run, long epochs, Dataset data, String... settings) {
    CancellationToken cancellation = new CancellationToken();
    RunListener stopper =
        new RunListener() {
          @Override
          public void progress(String stage, String task, long done, long total, String unit) {
            if (unit.equals("epochs") && done == epochs) {
              cancellation.cancel();
            }
          }
        };
    assertThrows(
        RunCancelledException.class,
        () -> runs.evaluate(run, data, null, cancellation, stopper, settings));
  }

  /** Ends an evaluation and returns which epoch was trained first. */
  private long resume(String run, Dataset data, String... settings) {
    List<Long> done = new ArrayList<>();
    RunListener listener =
        new RunListener() {
          @Override
          public void progress(String stage, String task, long count, long total, String unit) {
            if (unit.equals("epochs")) {
              done.add(count);
            }
          }
        };
    runs.evaluate(run, data, null, new CancellationToken(), listener, settings);
    return done.get(0);
  }
}
