package org.potstill;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.potstill.config.Config;
import org.potstill.errors.InputException;
import org.potstill.pipeline.RunOptions;
import org.potstill.pipeline.RunResult;
import org.potstill.run.CancellationToken;
import org.potstill.run.RunListener;
import org.potstill.tensor.LibTorch;
import org.potstill.testing.TinyConfig;

class PotstillTest extends PotstillTests {

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
  void nativeLibrariesAreLoadedWithoutARun() {
    assertTrue(Files.isDirectory(Potstill.loadNatives()));
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

  @Test
  void aSetFromElsewhereIsEvaluated() throws Exception {
    Path images = whole().resolve("distilled/images");
    Path run = temp.resolve("run");
    RunResult result =
        Potstill.evaluate(images, scored(run), RunListener.SILENT, new CancellationToken());
    assertEquals(List.of("evaluate"), result.stages());
    assertTrue(Files.readString(run.resolve("evaluation.json")).contains("accuracies"));
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
