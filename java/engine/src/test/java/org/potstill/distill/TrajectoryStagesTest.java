package org.potstill.distill;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.potstill.config.DistillConfig.Method;
import org.potstill.config.TrajectoryConfig;
import org.potstill.errors.InputException;
import org.potstill.errors.RunCancelledException;
import org.potstill.run.CancellationToken;
import org.potstill.run.RunListener;
import org.potstill.tensor.LibTorch;

/** The stages {@code experts} and {@code distill} of trajectory matching, one after the other. */
class TrajectoryStagesTest {

  private final TinyRun tiny = new TinyRun();

  @TempDir private Path folder;

  @BeforeEach
  void matchTrajectories() {
    LibTorch.load();
    tiny.method = Method.MTT;
  }

  private Path run(String name) {
    Path run = folder.resolve(name);
    tiny.run(run);
    return run;
  }

  private void cancelWhen(String task, long units) {
    tiny.listener =
        new RunListener() {
          @Override
          public void progress(String stage, String found, long done, long total, String unit) {
            if (found.equals(task) && done == units) {
              tiny.cancellation.cancel();
            }
          }
        };
  }

  private void goOn(Path run) {
    tiny.listener = RunListener.SILENT;
    tiny.cancellation = new CancellationToken();
    tiny.run(run);
  }

  private static void assertSame(Path a, Path b, String file) throws IOException {
    assertEquals(-1, Files.mismatch(a.resolve(file), b.resolve(file)), file);
  }

  @ParameterizedTest
  @EnumSource
  void resumedRunIsBitIdenticalAndLearnsItsRate(TrajectoryConfig.Form form) throws IOException {
    tiny.form = form;
    Path whole = run("whole");
    Path resumed = folder.resolve("resumed");
    cancelWhen("distilling", 3);
    assertThrows(RunCancelledException.class, () -> tiny.run(resumed));
    goOn(resumed);
    assertSame(whole, resumed, DistilledSet.FILE);
    try (DistilledSet set = DistilledSet.read(whole.resolve(DistilledSet.FILE))) {
      double rate = set.description().learningRate().orElseThrow();
      assertNotEquals((double) 0.05f, rate);
      assertTrue(rate > 0.01 && rate < 0.1, "rate " + rate);
    }
  }

  @Test
  void expertsGoOnInTheMiddleOfOne() throws IOException {
    Path whole = run("whole");
    Path resumed = folder.resolve("resumed");
    cancelWhen("training experts", 5); // the second epoch of the second expert
    assertThrows(RunCancelledException.class, () -> tiny.run(resumed));
    assertFalse(Files.exists(resumed.resolve(ExpertFile.name(1))));
    goOn(resumed);
    assertSame(whole, resumed, ExpertFile.name(0));
    assertSame(whole, resumed, ExpertFile.name(1));
    assertSame(whole, resumed, DistilledSet.FILE);
  }

  @Test
  void onlyEpochsThatCanBeDrawnAreStored() {
    tiny.expertEpochs = 5;
    Path run = run("epochs");
    assertEquals(Set.of(0, 1, 2), ExpertFile.open(run.resolve(ExpertFile.name(0))).epochs());
  }

  @Test
  void halfPrecisionHalvesTheFile() throws IOException {
    tiny.width = 32;
    Path full = run("full");
    tiny.precision = "bf16";
    Path half = run("half");
    double ratio =
        (double) Files.size(half.resolve(ExpertFile.name(0)))
            / Files.size(full.resolve(ExpertFile.name(0)));
    assertTrue(ratio < 0.6, "ratio " + ratio);
  }

  @Test
  void expertsOfOtherSettingsAreRefusedByName() {
    Path run = run("stale");
    tiny.width = 8;
    InputException error = assertThrows(InputException.class, () -> tiny.run(run));
    assertTrue(error.getMessage().contains("expert-0000"), error.getMessage());
    assertTrue(error.getMessage().contains("distill.network"), error.getMessage());
  }

  @Test
  void expertFileThatIsCutShortIsNamed() throws IOException {
    Path run = run("cut");
    Path file = run.resolve(ExpertFile.name(1));
    try (RandomAccessFile cut = new RandomAccessFile(file.toFile(), "rw")) {
      cut.setLength(cut.length() - 10);
    }
    InputException error = assertThrows(InputException.class, () -> tiny.run(run));
    assertTrue(error.getMessage().contains("expert-0001"), error.getMessage());
  }

  @Test
  void moreEpochsThanTrainedAreRefused() {
    tiny.expertEpochs = 1;
    InputException error = assertThrows(InputException.class, () -> run("few"));
    assertTrue(error.getMessage().contains("experts.epochs: 1"), error.getMessage());
  }
}
