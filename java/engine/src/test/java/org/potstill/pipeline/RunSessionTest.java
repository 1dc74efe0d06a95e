package org.potstill.pipeline;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.potstill.config.Config;
import org.potstill.config.ConfigWriter;
import org.potstill.data.Dataset;
import org.potstill.data.PatternDataset;
import org.potstill.errors.InputException;
import org.potstill.kernels.JavaKernels;
import org.potstill.net.ScorerResNet18;
import org.potstill.random.Purpose;
import org.potstill.random.RandomStream;
import org.potstill.run.AtomicFiles;
import org.potstill.run.CancellationToken;
import org.potstill.run.Existing;
import org.potstill.run.Fingerprint;
import org.potstill.run.RunDirectory;
import org.potstill.run.RunListener;
import org.potstill.run.StageLog;
import org.potstill.tensor.Devices;
import org.potstill.tensor.GpuTenancy;
import org.potstill.tensor.LibTorch;
import org.potstill.tensor.NamedTensors;
import org.potstill.tensor.Placement;
import org.potstill.testing.TinyConfig;
import org.potstill.weights.Safetensors;

class RunSessionTest {

  @TempDir Path temp;

  @Test
  void theDirectoryIsGivenBackWhereTheDataSetCannotBeClosed() throws Exception {
    LibTorch.load();
    Path run = temp.resolve("run");
    Config config = TinyConfig.load(temp, run);
    Placement cpu = new Devices().choose("cpu", "run.device");
    IllegalStateException broken = new IllegalStateException("the data set cannot be closed");
    RunSession session =
        new RunSession(
            config,
            cpu,
            Existing.FAIL,
            RunDirectory.open(run, Existing.FAIL),
            failingToClose(new PatternDataset(28, 1, 10, "a", "b"), broken),
            new JavaKernels(),
            GpuTenancy.begin(cpu, false, false),
            RunListener.SILENT,
            new CancellationToken());
    assertSame(broken, assertThrows(IllegalStateException.class, session::close));
    RunDirectory.open(run, Existing.RESUME).close();
  }

  @Test
  void allIsGivenBackWhereASessionCannotBeOpened() throws Exception {
    LibTorch.load();
    Path run = temp.resolve("run");
    AtomicFiles.writeString(
        run.resolve("config.yaml"),
        ConfigWriter.toYaml(TinyConfig.load(temp, run, "distill.iterations=13")));
    // Without what can be continued the configuration may be any.
    AtomicFiles.writeString(run.resolve("checkpoints/distill-000000001.safetensors"), "");
    Config changed = TinyConfig.load(temp, run);
    IllegalStateException broken = new IllegalStateException("the data set cannot be closed");
    InputException error =
        assertThrows(
            InputException.class,
            () ->
                RunSession.open(
                    changed,
                    new Devices().choose("cpu", "run.device"),
                    new JavaKernels(),
                    failingToClose(new PatternDataset(28, 1, 10, "a", "b"), broken),
                    Existing.RESUME,
                    false,
                    RunListener.SILENT,
                    new CancellationToken()));
    assertTrue(error.getMessage().contains("distill.iterations was 13"), error.getMessage());
    assertArrayEquals(new Throwable[] {broken}, error.getSuppressed());
    RunDirectory.open(run, Existing.RESUME).close();
  }

  private static RunSession open(Config config, Dataset data) {
    return open(config, data, Existing.FAIL);
  }

  private static RunSession open(Config config, Dataset data, Existing existing) {
    return RunSession.open(
        config,
        new Devices().choose("cpu", "run.device"),
        new JavaKernels(),
        data,
        existing,
        true,
        RunListener.SILENT,
        new CancellationToken());
  }

  @Test
  void anImageThatIsMeasuredOnShowsAtTheStartIfItIsBad() throws Exception {
    LibTorch.load();
    Path run = temp.resolve("run");
    PatternDataset data = new PatternDataset(28, 1, 10, "a", "b").withBadTest(3, "it ends early");
    Config config = TinyConfig.load(temp, run);
    InputException error = assertThrows(InputException.class, () -> open(config, data));
    assertTrue(error.getMessage().contains(data.test().get(3).id()), error.getMessage());
    assertFalse(Files.exists(run));
    open(TinyConfig.load(temp, run, "data.on-bad-image=skip"), data).close();
    int reads = data.reads();
    AtomicFiles.writeString(run.resolve("notes.txt"), "mine");
    error = assertThrows(InputException.class, () -> open(config, data));
    assertTrue(error.getMessage().contains("exists; --resume"), error.getMessage());
    assertEquals(reads, data.reads());
    Files.delete(run.resolve("notes.txt"));

    PatternDataset other = new PatternDataset(28, 1, 10, "a", "b").withBadValidation(2, "empty");
    error = assertThrows(InputException.class, () -> open(config, other));
    assertTrue(error.getMessage().contains(other.validation().get(2).id()), error.getMessage());
    // Nothing is measured on the validation share where no iteration is chosen.
    open(TinyConfig.load(temp, temp.resolve("last"), "evaluate.every=0"), other).close();
  }

  @Test
  void ofAFinishedScoringNoCheckpointIsLeft() throws Exception {
    LibTorch.load();
    Path run = temp.resolve("run");
    try (RunSession session =
        open(TinyConfig.load(temp, run), new PatternDataset(28, 1, 10, "a", "b"))) {
      session.runOne("score");
    }
    assertTrue(Files.exists(run.resolve("scores.csv")));
    try (Stream<Path> left = Files.list(run.resolve("checkpoints"))) {
      assertEquals(List.of(), left.toList());
    }
  }

  @Test
  void weightsAreKnownByTheirContent() throws Exception {
    LibTorch.load();
    Path project = Files.createDirectory(temp.resolve("project"));
    writeWeights(project.resolve("scorer.safetensors"), 1);
    assertEquals(List.of("score"), score(project, Existing.FAIL));
    String record = Files.readString(project.resolve("run/stages.json"));
    assertFalse(record.contains(temp.toString()), record);

    Path moved = Files.move(project, temp.resolve("moved"));
    assertEquals(List.of(), score(moved, Existing.RESUME));
    // One that is gone is needed no more.
    Path weights = moved.resolve("scorer.safetensors");
    Files.move(weights, moved.resolve("away"));
    assertEquals(List.of(), score(moved, Existing.RESUME));
    writeWeights(weights, 2);
    InputException error = assertThrows(InputException.class, () -> score(moved, Existing.RESUME));
    assertTrue(error.getMessage().contains("fits: score.weights was"), error.getMessage());
  }

  private static void writeWeights(Path file, int seed) throws Exception {
    RandomStream random = RandomStream.of(seed, Purpose.SCORER_INITIALISATION, 0, 0);
    try (NamedTensors state = ScorerResNet18.of(3, 1000).initialise(random)) {
      Safetensors.write(file, state, Map.of());
    }
  }

  /** The stages that ran. */
  private List<String> score(Path project, Existing existing) throws Exception {
    Config config =
        TinyConfig.load(
            project,
            project.resolve("run"),
            "score.weights=" + project.resolve("scorer.safetensors"),
            "score.resolution=32");
    PatternDataset data = new PatternDataset(28, 3, 10, "n01440764", "n02102040");
    try (RunSession session = open(config, data, existing)) {
      return session.runOne("score").stages();
    }
  }

  @Test
  void scoresOfAnotherRunAreKnownByTheirContent() throws Exception {
    LibTorch.load();
    Path project = Files.createDirectory(temp.resolve("project"));
    PatternDataset data = new PatternDataset(28, 1, 10, "a", "b");
    try (RunSession session = open(TinyConfig.load(project, project.resolve("lender")), data)) {
      session.runOne("score");
    }
    assertEquals(List.of("score"), borrow(project, Existing.FAIL));
    String record = Files.readString(project.resolve("run/stages.json"));
    assertFalse(record.contains(temp.toString()), record);

    Path moved = Files.move(project, temp.resolve("moved"));
    assertEquals(List.of(), borrow(moved, Existing.RESUME));
    // As earlier versions noted it.
    String hash = Fingerprint.ofFile(moved.resolve("lender/scores.csv"));
    Path stages = moved.resolve("run/stages.json");
    String noted = "\"score.from\" : \"";
    assertTrue(record.contains(noted + hash), record);
    Files.writeString(stages, record.replace(noted + hash, noted + project.resolve("lender")));
    assertEquals(List.of(), borrow(moved, Existing.RESUME));
    Files.writeString(stages, record);

    Path scores = moved.resolve("lender/scores.csv");
    Files.move(scores, moved.resolve("away"));
    assertEquals(List.of(), borrow(moved, Existing.RESUME));
    Files.writeString(scores, Files.readString(moved.resolve("away")) + "x,a,1.0\n");
    InputException error = assertThrows(InputException.class, () -> borrow(moved, Existing.RESUME));
    assertTrue(error.getMessage().contains("fits: score.from was " + hash), error.getMessage());
  }

  /** The stages that ran. */
  private static List<String> borrow(Path project, Existing existing) throws Exception {
    Config config =
        TinyConfig.load(project, project.resolve("run"), "score.from=" + project.resolve("lender"));
    PatternDataset data = new PatternDataset(28, 1, 10, "a", "b");
    try (RunSession session = open(config, data, existing)) {
      return session.runOne("score").stages();
    }
  }

  @Test
  void noPlaceIsPartOfWhatARunIs() throws Exception {
    String place = temp.resolve("elsewhere").toString();
    Config config =
        TinyConfig.load(
            temp,
            temp.resolve("run"),
            "data.source=folder:" + place,
            "distill.space=glad",
            "distill.method=mtt",
            "distill.prior.weights=" + place,
            "score.weights=" + place,
            "score.from=" + place,
            "experts.from=" + place,
            "evaluate.from=" + place);
    Map<String, String> values = RunIdentity.values(config, Placement.CPU, StageLog.in(temp));
    assertFalse(values.toString().contains(temp.toString()), values.toString());
  }

  /** Their runs would not go on otherwise. */
  @Test
  void choicesThatEarlierVersionsDidNotHaveCountWhereTheyAreMade() throws Exception {
    Path run = temp.resolve("run");
    Map<String, String> chosen =
        RunIdentity.values(
            TinyConfig.load(temp, run, "data.whitening=zca", "data.test-share=0.25"),
            Placement.CPU,
            StageLog.in(temp));
    assertEquals("zca", chosen.get("data.whitening"));
    assertEquals("0.25", chosen.get("data.test-share"));
    Map<String, String> values =
        RunIdentity.values(TinyConfig.load(temp, run), Placement.CPU, StageLog.in(temp));
    assertFalse(values.containsKey("data.whitening"), values.toString());
    assertFalse(values.containsKey("data.test-share"), values.toString());
  }

  @Test
  void ofAGeneratorTheContentOfItsFileCounts() throws Exception {
    Path weights = Files.writeString(temp.resolve("generator.pkl"), "weights");
    Config config =
        TinyConfig.load(
            temp, temp.resolve("run"), "distill.space=glad", "distill.prior.weights=" + weights);
    Map<String, String> values = RunIdentity.values(config, Placement.CPU, StageLog.in(temp));
    assertEquals(Fingerprint.ofFile(weights), values.get("distill.prior.weights"));
    assertEquals("train", values.get("score.weights"));
    Config random =
        TinyConfig.load(
            temp, temp.resolve("run"), "distill.space=glad", "distill.prior.init=random");
    values = RunIdentity.values(random, Placement.CPU, StageLog.in(temp));
    assertEquals("none", values.get("distill.prior.weights"));
  }

  @Test
  void nullIsRefusedBeforeADirectoryIsMade() throws Exception {
    Path run = temp.resolve("run");
    Config config = TinyConfig.load(temp, run);
    CancellationToken token = new CancellationToken();
    assertNull("listener", () -> RunSession.openForRun(config, RunOptions.NEW, null, token));
    assertNull(
        "cancellation",
        () -> RunSession.openForRun(config, RunOptions.NEW, RunListener.SILENT, null));
    assertNull("existing", () -> new RunOptions(null));
    assertFalse(Files.exists(run));
  }

  private static void assertNull(String what, Executable call) {
    assertEquals(what, assertThrows(NullPointerException.class, call).getMessage());
  }

  private static Dataset failingToClose(Dataset data, RuntimeException error) {
    return (Dataset)
        Proxy.newProxyInstance(
            Dataset.class.getClassLoader(),
            new Class<?>[] {Dataset.class},
            (proxy, method, arguments) -> {
              if (method.getName().equals("close")) {
                throw error;
              }
              return method.invoke(data, arguments);
            });
  }
}
