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
    CancellationToken cancellation = new CancellationToken();
    RunListener stopper =
        new RunListener() {
          @Override
          public void progress(String stage, String task, long done, long total, String unit) {
            if (unit.equals("epochs") && done == 65) {
              cancellation.cancel();
            }
          }
        };
    assertThrows(
        RunCancelledException.class,
        () -> runs.evaluate("stopped", data(), null, cancellation, stopper, settings));
    assertFalse(Files.exists(folder.resolve("stopped/evaluation.json")));
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
    runs.evaluate("stopped", data(), null, new CancellationToken(), listener, settings);
    assertEquals(61, done.get(0));
    assertEquals(
        Files.readString(folder.resolve("whole/evaluation.json")),
        Files.readString(folder.resolve("stopped/evaluation.json")));
    assertEquals(4, Files.readAllLines(folder.resolve("stopped/metrics.jsonl")).size());
  }
}
