package org.potstill.score;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.potstill.run.CancellationToken;
import org.potstill.run.Existing;
import org.potstill.run.RunContext;
import org.potstill.run.RunDirectory;
import org.potstill.testing.Heard;

class FoldReportsTest {

  @TempDir Path folder;
  private final Heard heard = new Heard();

  /** Half of a large data set takes minutes, where folds are done one after the other. */
  @Test
  void scoringOfEveryFoldIsToldUnlessAnotherIsTrainedBesideIt() {
    try (RunDirectory directory = RunDirectory.open(folder.resolve("run"), Existing.FAIL)) {
      RunContext context = new RunContext(directory, heard, new CancellationToken(), 1, 1);
      FoldReports reports = new FoldReports(context, 3, 1, 3, 30);
      reports.step(0);
      reports.scored(0, 10);
      reports.step(1);
      reports.step(2);
      reports.scored(1, 10);
      reports.scored(2, 10);
      assertEquals(List.of(10L, 30L), heard.done("scoring"));
      assertEquals(List.of(1L, 2L, 3L), heard.done("training scorers"));
    }
  }
}
