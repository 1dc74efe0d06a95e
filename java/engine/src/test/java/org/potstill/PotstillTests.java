package org.potstill;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.potstill.config.Config;
import org.potstill.pipeline.RunResult;
import org.potstill.testing.Heard;
import org.potstill.testing.TinyConfig;

/** Runs of a tiny configuration, of which one is finished. */
abstract class PotstillTests {

  /** A whole run, made once; its scores save the other tests from training a scorer. */
  @TempDir static Path shared;

  @TempDir Path temp;

  static final List<String> LINE = List.of("score", "prune", "distill", "evaluate", "report");

  static final Heard HEARD = new Heard();

  @BeforeAll
  static void runOnce() throws Exception {
    HEARD.clear();
    RunResult result = Potstill.run(TinyConfig.load(shared, whole()), HEARD);
    assertEquals(LINE, result.stages());
  }

  static Path whole() {
    return shared.resolve("whole");
  }

  Config scored(Path run, String... settings) throws Exception {
    List<String> all = new ArrayList<>(List.of(settings));
    all.add("score.from=" + whole());
    return TinyConfig.load(temp, run, all.toArray(String[]::new));
  }

  static List<Path> checkpoints(Path run) throws Exception {
    try (Stream<Path> files = Files.list(run.resolve("checkpoints"))) {
      return files.filter(file -> file.toString().endsWith(".safetensors")).toList();
    }
  }
}
