package org.potstill.pipeline;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.potstill.config.Config;
import org.potstill.data.PatternDataset;
import org.potstill.errors.InputException;
import org.potstill.evaluate.Comparison;
import org.potstill.kernels.JavaKernels;
import org.potstill.run.CancellationToken;
import org.potstill.run.Existing;
import org.potstill.run.StageLog;
import org.potstill.tensor.Devices;
import org.potstill.tensor.LibTorch;
import org.potstill.testing.Heard;
import org.potstill.testing.TinyConfig;

/** What the images of the tests are part of, now and in runs of earlier versions. */
class TrainingIdentityTest {

  private static final String[] EXPERTS = {
    "distill.method=mtt",
    "distill.iterations=2",
    "distill.images-per-class=1",
    "distill.trajectory.steps=2",
    "distill.trajectory.expert-epochs=1",
    "distill.trajectory.max-start-epoch=1",
    "experts.count=2",
    "experts.epochs=1",
    "data.whitening=zca",
    "evaluate.every=0"
  };

  @TempDir Path temp;
  private final Heard heard = new Heard();

  @BeforeAll
  static void load() {
    LibTorch.load();
  }

  private static PatternDataset tests(String version) {
    return new PatternDataset(28, 1, 10, "a", "b").withTests(version);
  }

  private List<String> run(Config config, PatternDataset data, Existing existing) {
    try (RunSession session =
        RunSession.open(
            config,
            new Devices().choose("cpu", "run.device"),
            new JavaKernels(),
            data,
            existing,
            true,
            heard,
            new CancellationToken())) {
      return session.runAll().stages();
    }
  }

  private static String noted(Path run, String stage) {
    return StageLog.in(run).entry(stage).orElseThrow().fingerprint().values().get("data set");
  }

  private static void assertSame(String file, Path one, Path other) throws IOException {
    assertArrayEquals(
        Files.readAllBytes(one.resolve(file)), Files.readAllBytes(other.resolve(file)), file);
  }

  @Test
  void otherTestImagesAskForAnotherEvaluationAlone() throws IOException {
    Path run = temp.resolve("run");
    Config config = TinyConfig.load(temp, run);
    run(config, tests("1"), Existing.FAIL);
    assertEquals(List.of("evaluate", "report"), run(config, tests("2"), Existing.RESUME));
    assertEquals(List.of(), run(config, tests("2"), Existing.RESUME));
    Path other = temp.resolve("other");
    run(TinyConfig.load(temp, other), tests("1"), Existing.FAIL);
    assertTrue(
        Comparison.of(run, other)
            .remarks()
            .contains(
                "the runs were not measured on the same test images: files were added, removed or"
                    + " changed in between"));
    PatternDataset more = new PatternDataset(28, 1, 11, "a", "b").withTests("2");
    InputException error =
        assertThrows(InputException.class, () -> run(config, more, Existing.RESUME));
    assertTrue(error.getMessage().contains("files of the data set were"), error.getMessage());
  }

  @Test
  void aRunOfAnEarlierVersionGoesOnAsItBegan() throws IOException {
    Path whole = temp.resolve("whole");
    run(TinyConfig.load(temp, whole), tests("1").knownByAll(), Existing.FAIL);
    Path run = temp.resolve("run");
    Config begun = TinyConfig.load(temp, run, "distill.iterations=6");
    run(begun, tests("1").knownByAll(), Existing.FAIL);
    assertEquals(noted(run, "evaluate"), noted(run, "score"));
    heard.clear();
    assertEquals(List.of(), run(begun, tests("1"), Existing.RESUME));
    assertEquals(
        List.of("distill", "evaluate", "report"),
        run(TinyConfig.load(temp, run), tests("1"), Existing.RESUME));
    assertEquals(List.of(), heard.warnings());
    // By the name that the images began with, which is in the files.
    assertSame("distilled/distilled.safetensors", whole, run);
    assertEquals(noted(run, "score"), noted(run, "distill"));
    // What it was scored on is not known apart from the tests.
    assertThrows(InputException.class, () -> run(begun, tests("2"), Existing.RESUME));
    assertEquals(
        List.of(),
        Comparison.of(whole, run).remarks().stream()
            .filter(remark -> remark.contains("test images"))
            .toList());
  }

  @Test
  void scoresAndExpertsOfAnEarlierVersionAreTaken() throws IOException {
    Path lender = temp.resolve("lender");
    run(TinyConfig.load(temp, lender, EXPERTS), tests("1").knownByAll(), Existing.FAIL);
    assertEquals(2, heard.figuresOf("experts"));
    Path run = temp.resolve("run");
    List<String> settings = new ArrayList<>(List.of(EXPERTS));
    settings.add("score.from=" + lender);
    settings.add("experts.from=" + lender);
    Config config = TinyConfig.load(temp, run, settings.toArray(String[]::new));
    assertEquals(List.of(), heard.warnings());
    heard.clear();
    run(config, tests("1"), Existing.FAIL);
    assertEquals(0, heard.figuresOf("experts"));
    assertEquals(List.of(), heard.warnings());
    assertNotEquals(noted(run, "evaluate"), noted(run, "score"));
    assertEquals(List.of(), run(config, tests("1"), Existing.RESUME));
    // The same the other way round.
    Path back = temp.resolve("back");
    settings.set(settings.size() - 1, "experts.from=" + run);
    settings.set(settings.size() - 2, "score.from=" + run);
    run(TinyConfig.load(temp, back, settings.toArray(String[]::new)), tests("1"), Existing.FAIL);
    assertEquals(0, heard.figuresOf("experts"));
    assertSame("whitening.safetensors", run, back);
  }
}
