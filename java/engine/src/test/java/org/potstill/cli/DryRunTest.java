package org.potstill.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.potstill.distill.TrajectoryMatching;
import org.potstill.run.Existing;
import org.potstill.run.RunDirectory;

/** What is told before anything runs: {@code --dry-run} and {@code doctor CONFIG}. */
class DryRunTest extends CommandLineTests {

  @Test
  void dryRunShowsConfigStagesAndNeeds() {
    assertEquals(0, run("x", "--dry-run"));
    assertTrue(out.contains("\n  images-per-class: 1\n"), out);
    assertTrue(out.contains("# stages: score, prune, distill, evaluate, report\n"), out);
    assertTrue(out.contains("# needs:  about "), out);
    assertTrue(out.contains("# on GPU: about "), out);
    assertFalse(Files.exists(folder.resolve("run")));
  }

  @Test
  void dryRunRefusesWhatARunWouldRefuse() {
    Path weights = folder.resolve("none.pth");
    assertEquals(2, run("x", "--dry-run", "--set", "score.weights=" + weights));
    assertTrue(err.startsWith("error: score.weights: there is no file " + weights + "; "), err);
    assertEquals("", out);
  }

  @ParameterizedTest
  @CsvSource({"experts, distill.method=dm", "score, prune.mode=random"})
  void dryRunRefusesAStageThatTheConfigDoesNotHave(String stage, String setting) {
    String run = folder.resolve("run").toString();
    String[] command = {stage, config.toString(), "--out", run, "--dry-run", "--set", setting};
    assertEquals(2, potstill(command));
    assertTrue(err.startsWith("error: this configuration has no stage " + stage + ", only "), err);
    assertEquals("", out);
  }

  /** The message of the refusal, which leaves the folder as it was. */
  private String refusedDryRun(Path runDirectory, String... more) throws IOException {
    List<String> before = files();
    assertEquals(2, dryRun(runDirectory, more), out);
    assertEquals("", out);
    assertEquals(before, files());
    return err;
  }

  private int dryRun(Path runDirectory, String... more) {
    List<String> arguments = new ArrayList<>(List.of("run", config.toString(), "--dry-run"));
    arguments.addAll(List.of("--out", runDirectory.toString()));
    arguments.addAll(List.of(more));
    return potstill(arguments.toArray(String[]::new));
  }

  private List<String> files() throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      return files.map(Path::toString).sorted().toList();
    }
  }

  @Test
  void dryRunRefusesARunDirectoryThatARunWouldRefuse() throws IOException {
    Path file = Files.writeString(folder.resolve("file"), "mine");
    String told = refusedDryRun(file);
    assertEquals("error: " + file + " is a file, not a folder; choose another --out\n", told);
    told = refusedDryRun(file.resolve("below"));
    assertTrue(told.contains("cannot be made or written to; choose another --out"), told);
    Path link = Files.createSymbolicLink(folder.resolve("link"), folder.resolve("nowhere"));
    told = refusedDryRun(link);
    assertTrue(told.contains(link + " cannot be made or written to"), told);

    Path strange = Files.createDirectory(folder.resolve("strange"));
    Files.writeString(strange.resolve("thesis.tex"), "years of work");
    told = refusedDryRun(strange, "--overwrite");
    assertTrue(told.contains("holds files but no run"), told);
  }

  @Test
  void dryRunRefusesAnExistingRunUnlessItIsContinuedOrOverwritten() throws IOException {
    Path root = Files.createDirectory(folder.resolve("there"));
    assertEquals(0, dryRun(root), err);
    // The configuration that a run would write, and a stage that was stopped.
    Files.writeString(root.resolve("config.yaml"), out);
    Files.createDirectory(root.resolve("checkpoints"));
    Files.writeString(root.resolve("checkpoints/distill-000000002.safetensors"), "");
    String told = refusedDryRun(root);
    assertTrue(told.contains(root + " exists; --resume continues it"), told);
    told = refusedDryRun(root, "--resume", "--set", "run.seed=3");
    assertTrue(told.contains("run.seed was 0 in " + root + " and is now 3"), told);
    for (String option : List.of("--resume", "--overwrite")) {
      assertEquals(0, dryRun(root, option), err);
    }
    assertTrue(Files.exists(root.resolve("checkpoints/distill-000000002.safetensors")));
    // A single stage works in the directory of those before it.
    String[] stage = {"distill", config.toString(), "--out", root.toString(), "--dry-run"};
    assertEquals(0, potstill(stage), err);
  }

  @Test
  void dryRunRefusesARunDirectoryInWhichARunIsWorking() throws IOException {
    Path root = folder.resolve("busy");
    try (RunDirectory busy = RunDirectory.open(root, Existing.FAIL)) {
      for (String option : List.of("--resume", "--overwrite")) {
        String told = refusedDryRun(busy.root(), option);
        assertTrue(told.contains("another run is working in " + root + "; wait for it"), told);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"run.device=cuda:99", "run.kernels=cuda"})
  void dryRunRefusesADeviceThatARunWouldRefuse(String setting) throws IOException {
    // On the CPU there are no CUDA kernels, whatever the machine has.
    String[] asked = {"--set", "run.device=cpu", "--set", setting};
    String told = refusedDryRun(folder.resolve("run"), asked);
    assertTrue(told.startsWith("error: " + setting.substring(0, setting.indexOf('='))), told);
    Path sweep = folder.resolve("sweep.yaml");
    Files.writeString(sweep, Files.readString(config) + "sweep: {over: {run.seed: [1, 2]}}\n");
    String[] many = {"sweep", sweep.toString(), "--dry-run", "--set", "run.device=cpu"};
    String[] all =
        Stream.concat(Stream.of(many), Stream.of("--set", setting)).toArray(String[]::new);
    assertEquals(2, potstill(all), out);
    assertTrue(err.contains(told.substring("error: ".length()).strip()), err);

    // Another machine may have it.
    String[] validate = {"validate", config.toString(), asked[0], asked[1], asked[2], asked[3]};
    assertEquals(0, potstill(validate), err);
    assertEquals(told.replace("error: ", "warning: on this machine it would not run: "), err);
  }

  @Test
  void dryRunOnTheCpuSaysNothingOfAGpu() {
    assertEquals(0, run("x", "--dry-run", "--device", "cpu"));
    assertFalse(out.contains("# on GPU"), out);
    assertEquals(0, run("x", "--dry-run", "--device", "cpu", "--json"));
    assertFalse(out.contains("gpuBytes"), out);
    assertEquals(0, run("x", "--dry-run", "--json"));
    assertTrue(out.contains("\"gpuBytes\":"), out);
  }

  private long gpuBytes(String... more) throws IOException {
    List<String> arguments = new ArrayList<>(List.of("--dry-run", "--json"));
    for (String setting : more) {
      arguments.addAll(List.of("--set", setting));
    }
    assertEquals(0, run("x", arguments.toArray(String[]::new)), err);
    return new ObjectMapper().readTree(out).get("gpuBytes").asLong();
  }

  @Test
  void parametersThatAreGoneBackThroughCountInTheEstimate() throws IOException {
    // The stages before would cover it.
    String[] settings = {
      "distill.method=mtt",
      "distill.images-per-class=10",
      "distill.trajectory.form=unrolled",
      "distill.trajectory.batch-synthetic=20",
      "distill.trajectory.max-start-epoch=1",
      "distill.trajectory.expert-epochs=1",
      "experts.count=1",
      "experts.epochs=2",
      "prune.mode=none",
      "prune.keep=1",
      "distill.trajectory.steps=1054"
    };
    long many = gpuBytes(settings);
    settings[settings.length - 1] = "distill.trajectory.steps=1024";
    long few = gpuBytes(settings);
    // ConvNet of depth 3 for 10 classes: three convolutions with their norms, the last map 4 x 4.
    long parameters = 128L * (9 + 3) + 2 * 128 * (9 * 128 + 3) + 10 * (4 * 4 * 128 + 1);
    assertEquals(30 * 4 * parameters, many - few);
    // Maps are those of one step; the core-set lies there too, beside the synthetic images with
    // their optimiser, now and as they were when the iteration began.
    long layer = 4L * 128 * 32 * 32;
    long images = 5400 + 6 * 100;
    assertEquals(1025 * 4 * parameters + 20 * layer * 32 / 3 + images * 28 * 28 * 4, few);
  }

  @Test
  void stepsThatAreKeptCountInTheEstimateUpToTheirBound() throws IOException {
    String[] settings = {
      "distill.method=mtt",
      "experts.count=1",
      "run.threads=1",
      "prune.mode=none",
      "evaluate.repeats=1",
      "distill.trajectory.steps=3"
    };
    long three = bytes("memoryBytes", settings);
    settings[5] = "distill.trajectory.steps=6";
    // Ten images, whose first maps are 128 x 32 x 32, ten thirds of them a step.
    long threeSteps = 100L * 4 * 128 * 32 * 32;
    assertEquals(threeSteps, bytes("memoryBytes", settings) - three);
    settings[5] = "distill.trajectory.steps=1000";
    assertEquals(
        TrajectoryMatching.mostKept() - threeSteps, bytes("memoryBytes", settings) - three);
  }

  private long bytes(String key, String... settings) throws IOException {
    gpuBytes(settings);
    return new ObjectMapper().readTree(out).get(key).asLong();
  }

  @Test
  void checkpointsOfAScorerCountInTheEstimate() throws IOException {
    // ResNet-18 with velocities, two kept and one being written.
    long parameters = 11_173_962 - 2 * 9 * 64;
    long scored = bytes("diskBytes", "score.weights=train");
    assertTrue(scored > 3 * 2 * 4 * parameters, scored + " bytes");
    assertTrue(bytes("diskBytes", "prune.mode=none", "prune.keep=1") < 20_000_000);
  }

  /** The checkpoints of a scorer go before the next run of a sweep begins. */
  @Test
  void whatPassesIsNotAddedUpOverTheRunsOfASweep() {
    Estimate first = new Estimate(10, 500, 70, 7, false);
    Estimate second = new Estimate(20, 300, 90, 5, true);
    assertEquals(510, first.diskBytes());
    assertEquals(new Estimate(30, 500, 90, 7, true), first.then(second));
    assertEquals(530, first.then(second).diskBytes());
  }

  /** On the CPU images are taken in parts, and batches of any size take no more than those. */
  @Test
  void estimateDoesNotGrowWithBatchesThatAreTakenInParts() throws IOException {
    String[] settings = {"prune.mode=none", "prune.keep=1", "distill.batch-real=256"};
    long few = bytes("memoryBytes", settings);
    settings[2] = "distill.batch-real=1024";
    assertEquals(few, bytes("memoryBytes", settings));
    assertTrue(
        bytes("memoryBytes", "prune.mode=none", "prune.keep=1", "distill.network.norm=batch")
            > few);
  }

  /** A vision transformer drops, so that its batches are not taken in parts. */
  @Test
  void estimateKnowsTheNetworksOfTheEvaluation() throws IOException {
    String[] settings = {
      "prune.mode=none",
      "prune.keep=1",
      "distill.images-per-class=50",
      "evaluate.networks=[convnet]"
    };
    long convnet = bytes("memoryBytes", settings);
    settings[3] = "evaluate.networks=[convnet,vit]";
    assertTrue(bytes("memoryBytes", settings) > 2 * convnet, convnet + " bytes");
  }

  @Test
  void estimateCountsTrainingsSideBySideAndImagesOfBaselines() throws IOException {
    String[] settings = {
      "prune.mode=none",
      "prune.keep=1",
      "evaluate.networks=[vit]",
      "distill.images-per-class=10",
      "evaluate.repeats=4",
      "evaluate.baselines=[]",
      "run.threads=1"
    };
    long one = bytes("memoryBytes", settings);
    settings[6] = "run.threads=2";
    long two = bytes("memoryBytes", settings);
    assertTrue(two > 1.5 * one, one + " and " + two);
    settings[5] = "evaluate.baselines=[full]";
    long full = bytes("memoryBytes", settings);
    assertEquals(5400 * 28 * 28 * 4, full - two);
  }

  @Test
  void memoryForImagesOfAGeneratorIsToldBesides() {
    assertEquals(0, run("x", "--dry-run", "--set", "distill.space=glad"), err);
    assertTrue(
        out.contains(
            " of its memory; up to half of all memory besides for images that go through the"
                + " generator (distill.prior.chunk at a time at most)\n"),
        out);
  }

  @Test
  void doctorEstimatesWhatAConfigNeeds() throws IOException {
    Path config = folder.resolve("needs.yaml");
    Files.writeString(config, "data: {source: 'builtin:fashion-mnist-mini'}\n");
    assertEquals(0, potstill("doctor", "--json", config.toString()));
    assertTrue(out.contains("\"needs\":{\"run\":\"about "), out);
    assertTrue(out.contains("\"on a GPU\":\"about "), out);
    assertEquals(2, potstill("doctor", folder.resolve("none.yaml").toString()));
    assertTrue(err.contains("none.yaml"), err);
  }

  @Test
  void dryRunLeavesOutTheScoringThatNothingAsksFor() {
    assertEquals(0, run("x", "--dry-run", "--set", "prune.mode=none", "--set", "prune.keep=1"));
    assertTrue(out.contains("# stages: prune, distill, evaluate, report\n"), out);
  }

  private int dryRunOfExperts(String... more) {
    List<String> arguments = new ArrayList<>(List.of("--dry-run"));
    for (String setting :
        List.of(
            "distill.method=mtt",
            "distill.network.depth=1",
            "distill.network.width=4",
            "distill.trajectory.max-start-epoch=1",
            "distill.trajectory.expert-epochs=1",
            "experts.epochs=3",
            "run.device=cpu",
            "run.threads=2")) {
      arguments.addAll(List.of("--set", setting));
    }
    arguments.addAll(List.of(more));
    return run("x", arguments.toArray(String[]::new));
  }

  @Test
  void dryRunSaysWhatExpertsTake() throws IOException {
    assertEquals(0, dryRunOfExperts("--set", "experts.count=5"));
    assertTrue(
        out.matches(
            "(?s).*\n# with:   5 experts of 0\\.1 MB, 0\\.4 MB on the disk; 2 side by side on one"
                + " thread each, about [0-9.]+ (s|min).*"),
        out);
    assertEquals(0, dryRunOfExperts("--set", "experts.count=5", "--json"));
    JsonNode event = new ObjectMapper().readTree(out);
    long parameters = 4 * 9 + 4 + 2 * 4 + 10 * (4 * 16 * 16 + 1);
    assertEquals(5 * 2 * 4 * parameters, event.get("expertBytes").asLong());
    assertTrue(event.get("diskBytes").asLong() > event.get("expertBytes").asLong());
    assertTrue(event.get("expertSeconds").asDouble() > 0);
    assertFalse(Files.exists(folder.resolve("run")));
  }

  @Test
  void expertsThatAreTakenFromAnotherRunAreNotCounted() throws IOException {
    Path experts = Files.createDirectories(folder.resolve("other/experts"));
    Files.writeString(folder.resolve("other/stages.json"), "{}");
    for (int i = 0; i < 4; i++) {
      Files.createFile(experts.resolve("expert-000" + i + ".safetensors"));
    }
    String from = "experts.from=" + folder.resolve("other");
    assertEquals(0, dryRunOfExperts("--set", "experts.count=5", "--set", from), err);
    assertTrue(out.contains("# with:   1 expert of 0.1 MB, 0.1 MB on the disk; "), out);
    assertEquals(0, dryRunOfExperts("--set", "experts.count=4", "--set", from), err);
    assertTrue(out.contains("# stages: score, prune, experts, "), out);
    assertFalse(out.contains("# with:"), out);
  }

  @Test
  void aShareBesideAModeThatKeepsAllIsWarnedOf() throws IOException {
    String source = "data: {source: 'builtin:fashion-mnist-mini'}\n";
    Files.writeString(config, source + "prune: {mode: none, keep: 0.5}\n");
    String warning =
        "warning: "
            + config
            + ", line 2: prune.keep: 0.5 has no effect, since prune.mode none keeps all images\n";
    assertEquals(0, run("x", "--dry-run"), err);
    assertEquals(warning, err);
    assertEquals(0, run("x", "--dry-run", "--set", "prune.mode=easy"), err);
    assertEquals("", err);
    assertEquals(0, run("x"), err);
    assertTrue(err.startsWith(warning), err);
    String event =
        "{\"event\":\"warning\",\"stage\":null,\"message\":\""
            + warning.substring(9).strip()
            + "\"}\n";
    String events = folder.resolve("events").toString();
    for (String command : List.of("run", "validate")) {
      assertEquals(0, potstill(command, config.toString(), "--json", "--out", events), err);
      assertTrue(out.startsWith(event), out);
      assertFalse(err.contains("has no effect"), err);
    }
    for (String prune : List.of("{keep: 0.5}", "{mode: none, keep: 1}", "{mode: none}")) {
      Files.writeString(config, source + "prune: " + prune + "\n");
      assertEquals(0, dryRun(folder.resolve("other"), "--set", "prune.mode=none"), err);
      assertEquals("", err, prune);
    }
  }

  @Test
  void aShareThatAnOptionSetsInVainIsWarnedOf() throws IOException {
    String reason = ": prune.keep: 0.5 has no effect, since prune.mode none keeps all images\n";
    String warning = "warning: --set prune.keep=0.5" + reason;
    String source = "data: {source: 'builtin:fashion-mnist-mini'}\n";
    String[] keep = {"--set", "prune.keep=0.5"};
    assertEquals(0, run("x", "--dry-run", "--set", "prune.mode=none", keep[0], keep[1]), err);
    assertEquals(warning, err);
    Files.writeString(config, source + "prune: {mode: none}\n");
    assertEquals(0, run("x", "--dry-run", keep[0], keep[1]), err);
    assertEquals(warning, err);
  }

  @Test
  void doctorCountsExpertsAsTheDryRunDoes() throws IOException {
    String trajectories =
        """
        data: {source: 'builtin:fashion-mnist-mini'}
        run: {threads: 2}
        distill:
          method: mtt
          network: {depth: 1, width: 256}
          trajectory: {max-start-epoch: 1, expert-epochs: 1}
        experts: {count: 100, epochs: 3, batch: 2048}
        """;
    Files.writeString(config, trajectories);
    assertEquals(0, potstill("doctor", "--json", config.toString()), err);
    JsonNode needs = new ObjectMapper().readTree(out).get("needs");
    assertEquals(
        "100 experts of 5.3 MB, 527 MB on the disk; 2 side by side on one thread each",
        needs.path("experts").asText());
    assertEquals(0, run("x", "--dry-run"), err);
    assertTrue(out.contains("# needs:  " + needs.get("run").asText() + "\n"), out);
    assertTrue(out.contains("# on GPU: " + needs.get("on a GPU").asText() + "\n"), out);
    String without = "{source: 'builtin:fashion-mnist-mini'}\nrun: {threads: 2}\n";
    Files.writeString(config, "data: " + without + "distill: {network: {depth: 1, width: 256}}\n");
    assertEquals(0, potstill("doctor", "--json", config.toString()), err);
    JsonNode others = new ObjectMapper().readTree(out).get("needs");
    assertFalse(others.has("experts"), out);
    for (String figure : List.of("run", "on a GPU")) {
      assertNotEquals(others.get(figure), needs.get(figure), figure);
    }
  }

  @Test
  void dryRunRefusesExpertsThatTheDiskCannotHold() {
    assertEquals(
        2,
        dryRunOfExperts(
            "--set", "experts.count=100000",
            "--set", "distill.network.depth=3",
            "--set", "distill.network.width=4096"));
    assertTrue(err.startsWith("error: the experts would take "), err);
    assertTrue(err.contains("experts.precision: bf16"), err);
  }
}
