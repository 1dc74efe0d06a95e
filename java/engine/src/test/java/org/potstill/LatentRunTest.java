package org.potstill;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.potstill.cli.Main;
import org.potstill.run.Existing;
import org.potstill.run.RunDirectory;
import org.potstill.testing.ForkedJvm;
import org.potstill.testing.TinyConfig;

/** All stages with images distilled in the latents of small random generators. */
class LatentRunTest {

  @TempDir Path temp;

  private ForkedJvm.Outcome engine(String... arguments) throws Exception {
    return new ForkedJvm(temp).run(Main.class.getName(), arguments);
  }

  @Test
  void gladRunsThroughAllStagesAndIsRenderedBitIdentical() throws Exception {
    runsAndIsRendered(
        "distill.space=glad", "distill.prior.channel-base=64", "distill.prior.channel-max=4");
  }

  @Test
  void ld3mRunsThroughAllStagesAndIsRenderedBitIdentical() throws Exception {
    runsAndIsRendered(
        "distill.space=ld3m",
        "data.resolution=32",
        "distill.iterations=4",
        "evaluate.every=2",
        "distill.prior.diffusion.steps=2",
        "distill.prior.diffusion.unet-channels=32",
        "distill.prior.diffusion.first-stage-channels=32");
  }

  private static void assertNothingIsLeftWhereItIsOverwritten(Path run) throws Exception {
    RunDirectory.open(run, Existing.OVERWRITE).close();
    try (Stream<Path> files = Files.list(run)) {
      assertEquals(
          List.of(run.resolve(".lock"), run.resolve("config.yaml")), files.sorted().toList());
    }
  }

  private void runsAndIsRendered(String... settings) throws Exception {
    String config = TinyConfig.write(temp).toString();
    Path run = temp.resolve("run");
    List<String> arguments = new ArrayList<>(List.of("run", config, "--out", run.toString()));
    for (String setting : settings) {
      arguments.addAll(List.of("--set", setting));
    }
    ForkedJvm.Outcome outcome = engine(arguments.toArray(String[]::new));
    assertEquals(0, outcome.status(), outcome.err());
    assertTrue(Files.exists(run.resolve("evaluation.json")));
    assertTrue(Files.exists(run.resolve("report.html")));
    String last = settings[settings.length - 1];
    String written = last.substring(last.lastIndexOf('.') + 1).replace("=", ": ");
    assertTrue(Files.readString(run.resolve("config.yaml")).contains(written), written);
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
    ForkedJvm.Outcome weights = engine("render", run.toString(), "--weights", config);
    assertEquals(2, weights.status(), weights.err());
    assertTrue(weights.err().contains("leave --weights out"), weights.err());
    ForkedJvm.Outcome none = engine("render", temp.toString());
    assertEquals(2, none.status(), none.err());
    assertNothingIsLeftWhereItIsOverwritten(run);
  }
}
