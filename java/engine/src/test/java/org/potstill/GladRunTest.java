package org.potstill;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.potstill.cli.Main;
import org.potstill.testing.ForkedJvm;
import org.potstill.testing.TinyConfig;

/** All stages with images distilled in the latents of a small random generator. */
class GladRunTest {

  @TempDir Path temp;

  private ForkedJvm.Outcome engine(String... arguments) throws Exception {
    return new ForkedJvm(temp).run(Main.class.getName(), arguments);
  }

  @Test
  void runsThroughAllStagesAndIsRenderedBitIdentical() throws Exception {
    String config = TinyConfig.write(temp).toString();
    Path run = temp.resolve("run");
    ForkedJvm.Outcome outcome =
        engine(
            "run",
            config,
            "--out",
            run.toString(),
            "--set",
            "distill.space=glad",
            "--set",
            "distill.prior.channel-base=64",
            "--set",
            "distill.prior.channel-max=4");
    assertEquals(0, outcome.status(), outcome.err());
    assertTrue(Files.exists(run.resolve("evaluation.json")));
    assertTrue(Files.exists(run.resolve("report.html")));
    assertTrue(Files.readString(run.resolve("config.yaml")).contains("channel-base: 64"));
    Path out = temp.resolve("out");
    ForkedJvm.Outcome rendering = engine("render", run.toString(), "--out", out.toString());
    assertEquals(0, rendering.status(), rendering.err());
    try (Stream<Path> files = Files.walk(out.resolve("distilled"))) {
      List<Path> rendered = files.filter(Files::isRegularFile).toList();
      assertEquals(5, rendered.size());
      for (Path file : rendered) {
        assertEquals(-1, Files.mismatch(run.resolve(out.relativize(file)), file), file.toString());
      }
    }
    ForkedJvm.Outcome none = engine("render", temp.toString());
    assertEquals(2, none.status(), none.err());
  }
}
