package org.potstill.pipeline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.potstill.config.Config;
import org.potstill.data.Dataset;
import org.potstill.data.PatternDataset;
import org.potstill.errors.InputException;
import org.potstill.kernels.JavaKernels;
import org.potstill.run.CancellationToken;
import org.potstill.run.Existing;
import org.potstill.run.RunListener;
import org.potstill.run.StageLog;
import org.potstill.tensor.Devices;
import org.potstill.tensor.LibTorch;
import org.potstill.testing.Heard;
import org.potstill.testing.TinyConfig;

/** What a session leaves, returns and tells. */
class RunOutcomeTest {

  @TempDir Path temp;
  private Path run;

  @BeforeEach
  void load() {
    LibTorch.load();
    run = temp.resolve("run");
  }

  /** One that is through in no time, and scores nothing. */
  private Config config(String... more) throws Exception {
    List<String> settings =
        new ArrayList<>(
            List.of(
                "prune.mode=none",
                "prune.keep=1",
                "distill.iterations=1",
                "evaluate.every=0",
                "evaluate.epochs=1",
                "evaluate.repeats=1",
                "evaluate.baselines=[]"));
    settings.addAll(List.of(more));
    return TinyConfig.load(temp, run, settings.toArray(String[]::new));
  }

  private static PatternDataset data() {
    return new PatternDataset(28, 1, 10, "a", "b");
  }

  private static RunSession open(
      Config config, Dataset data, Existing existing, boolean whole, RunListener listener) {
    return RunSession.open(
        config,
        new Devices().choose("cpu", "run.device"),
        new JavaKernels(),
        data,
        existing,
        whole,
        listener,
        new CancellationToken());
  }

  private RunResult all(Existing existing, Dataset data, RunListener listener, String... settings)
      throws Exception {
    try (RunSession session = open(config(settings), data, existing, true, listener)) {
      return session.runAll();
    }
  }

  private List<String> prune(Existing existing) throws Exception {
    try (RunSession session = open(config(), data(), existing, false, RunListener.SILENT)) {
      return session.runOne("prune").stages();
    }
  }

  @Test
  void aFinishedStageIsRefusedPassedOverOrRepeated() throws Exception {
    assertEquals(List.of("prune"), prune(Existing.FAIL));
    InputException error = assertThrows(InputException.class, () -> prune(Existing.FAIL));
    assertEquals(
        "stage prune of " + run + " is finished; --overwrite repeats it", error.getMessage());
    assertEquals(List.of(), prune(Existing.RESUME));
    assertEquals(List.of("prune"), prune(Existing.OVERWRITE));
  }

  @Test
  void whatIsOddAboutTheImagesIsToldOfEveryRun() throws Exception {
    Heard heard = new Heard();
    RunResult result = all(Existing.FAIL, odd(data()), heard);
    assertEquals(List.of("prune", "distill", "evaluate", "report"), result.stages());
    assertEquals(run, result.directory());
    assertEquals(List.of("data: class b has no test image"), heard.warningsByStage());
    heard = new Heard();
    assertTrue(all(Existing.RESUME, odd(data()), heard).wasFinished());
    assertEquals(List.of("data: class b has no test image"), heard.warningsByStage());
  }

  private static Dataset odd(Dataset data) {
    return (Dataset)
        Proxy.newProxyInstance(
            Dataset.class.getClassLoader(),
            new Class<?>[] {Dataset.class},
            (proxy, method, arguments) ->
                method.getName().equals("warnings")
                    ? List.of("class b has no test image")
                    : method.invoke(data, arguments));
  }

  @Test
  void imagesThatWereLeftOutAreCounted() throws Exception {
    String skip = "data.on-bad-image=skip";
    PatternDataset data = data().withBad(3, "it ends early").withBadTest(2, "it is empty");
    assertEquals(2, all(Existing.FAIL, data, RunListener.SILENT, skip).leftOut());
    assertEquals(2, all(Existing.RESUME, data, RunListener.SILENT, skip).leftOut());
  }

  /** Its file holds accuracies of other images then. */
  @Test
  void aSetFromElsewhereTakesThePlaceOfTheRunsOwnEvaluation() throws Exception {
    all(Existing.FAIL, data(), RunListener.SILENT);
    Path own = Files.copy(run.resolve("evaluation.json"), temp.resolve("own.json"));
    Path elsewhere = temp.resolve("elsewhere.safetensors");
    Files.copy(run.resolve("distilled/distilled.safetensors"), elsewhere);
    List<String> told = new ArrayList<>();
    RunListener listener =
        new RunListener() {
          @Override
          public void stageStarted(String stage) {
            told.add("started " + stage);
          }

          @Override
          public void stageFinished(String stage, double seconds) {
            told.add("finished " + stage);
            assertTrue(seconds > 0 && seconds < 600, seconds + " s");
          }
        };
    try (RunSession session =
        open(config("evaluate.epochs=2"), data(), Existing.RESUME, false, listener)) {
      assertEquals(List.of("evaluate"), session.evaluate(elsewhere, false).stages());
    }
    assertEquals(List.of("started evaluate", "finished evaluate"), told);
    assertEquals(List.of("prune", "distill"), List.copyOf(StageLog.in(run).entries().keySet()));
    assertNotEquals(-1, Files.mismatch(own, run.resolve("evaluation.json")));
    assertTrue(Files.readString(run.resolve("config.yaml")).contains("epochs: 2"));
    RunResult again = all(Existing.RESUME, data(), RunListener.SILENT);
    assertEquals(List.of("evaluate", "report"), again.stages());
    assertEquals(-1, Files.mismatch(own, run.resolve("evaluation.json")));
  }

  @Test
  void trainingsOnASetFromElsewhereAreDoneAgainWhereThatIsAsked() throws Exception {
    all(Existing.FAIL, data(), RunListener.SILENT);
    Path elsewhere = temp.resolve("elsewhere.safetensors");
    Files.copy(run.resolve("distilled/distilled.safetensors"), elsewhere);
    assertEquals(1, measured(elsewhere, false));
    assertEquals(0, measured(elsewhere, false));
    assertEquals(1, measured(elsewhere, true));
  }

  /** How many trainings ended. */
  private int measured(Path images, boolean anew) throws Exception {
    Heard heard = new Heard();
    try (RunSession session =
        open(config("evaluate.epochs=3"), data(), Existing.RESUME, false, heard)) {
      session.evaluate(images, anew);
    }
    return heard.figuresOf("evaluate");
  }

  @Test
  void threadsOfTheProcessAreGivenBack() throws Exception {
    int before = torch.get_num_threads();
    int other = before == 3 ? 2 : 3;
    try (RunSession session =
        open(config("run.threads=" + other), data(), Existing.FAIL, true, RunListener.SILENT)) {
      assertEquals(other, torch.get_num_threads());
      assertFalse(session.runOne("prune").wasFinished());
    }
    assertEquals(before, torch.get_num_threads());
  }

  @Test
  void aWholeRunIsCheckedBeforeItBegins() throws Exception {
    // The easiest images are known by losses alone.
    String easiest = "evaluate.baselines=[easiest]";
    for (Existing existing : List.of(Existing.FAIL, Existing.RESUME)) {
      InputException error =
          assertThrows(
              InputException.class, () -> all(existing, data(), RunListener.SILENT, easiest));
      assertTrue(error.getMessage().startsWith("evaluate.baselines: easiest needs"), easiest);
      assertFalse(Files.exists(run));
    }
  }
}
