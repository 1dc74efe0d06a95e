package org.potstill.cli;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MainTest extends CommandLineTests {

  @Test
  void helpListsTheCommands() {
    assertEquals(0, potstill("--help"));
    for (String command :
        List.of(
            "run",
            "score",
            "prune",
            "experts",
            "distill",
            "evaluate",
            "report",
            "validate",
            "convert",
            "init")) {
      assertTrue(out.contains("\n  " + command + " "), out);
    }
    assertTrue(out.contains("130 interrupted"), out);
    assertEquals("", err);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "run",
        "score",
        "prune",
        "experts",
        "distill",
        "evaluate",
        "report",
        "validate",
        "convert",
        "init",
        "schema",
        "doctor"
      })
  void everyCommandHasHelp(String command) {
    assertEquals(0, potstill(command, "--help"));
    assertTrue(out.startsWith("Usage: java -jar engine.jar " + command), out);
  }

  @Test
  void wrongUsageIsToldInOneLine() {
    assertEquals(2, potstill());
    assertEquals(2, potstill("rum"));
    assertTrue(err.equals("error: there is no command 'rum'; did you mean \"run\"?\n"), err);
    assertEquals(2, potstill("run"));
    assertTrue(err.startsWith("error: Missing required parameter: 'CONFIG'"), err);
    assertEquals(2, run("x", "--resume", "--overwrite"));
    assertTrue(err.startsWith("error: --resume, --overwrite are mutually exclusive"), err);
    assertEquals(2, potstill("run", config.toString(), "--sett", "a=b"));
    assertTrue(err.contains("--set"), err);
  }

  @Test
  void badConfigIsTheUsersFault() {
    assertEquals(2, run("x", "--set", "prune.keep=1.5"));
    assertEquals(
        "error: --set prune.keep=1.5: prune.keep: found 1.5; allowed: a number above 0 and at most"
            + " 1, or auto\n",
        err);
    assertEquals(2, run("x", "--device", "gpu"));
    assertTrue(err.startsWith("error: --device gpu: run.device: found the text 'gpu'"), err);
    assertEquals(2, potstill("run", folder.resolve("none.yaml").toString()));
    assertFalse(Files.exists(folder.resolve("run")));
  }

  @Test
  void runShowsStagesWarningsAndTheRunDirectory() {
    assertEquals(0, run("x"));
    assertEquals("all ...\nwarning: score: a class keeps no image\nall: done in 1.5 s\n", err);
    assertEquals("run directory: " + folder.resolve("run") + "\n", out);
    assertEquals(0, potstill("score", config.toString(), "--out", folder.resolve("s").toString()));
    assertTrue(err.startsWith("score ...\n"), err);
  }

  @Test
  void resumingWhereThereIsNoRunIsRemarkedOn() {
    assertEquals(0, run("x", "--resume"));
    String run = folder.resolve("run").toString();
    assertTrue(
        err.startsWith("warning: there is no run in " + run + " to resume; one begins there"), err);
    assertEquals(0, run("x", "--resume"));
    assertFalse(err.contains("there is no run"), err);
  }

  @Test
  void runLogIsWritten() throws IOException {
    run("x");
    String log = Files.readString(folder.resolve("run/run.log"));
    assertTrue(log.contains("all begins") && log.contains("a class keeps no image"), log);
    run("x");
    assertTrue(Files.readString(folder.resolve("run/run.log")).startsWith(log));
  }

  @Test
  void runLogThatCannotBeWrittenIsWarnedOf() throws IOException {
    Path log = Files.createDirectories(folder.resolve("run/run.log"));
    assertEquals(0, run("x"));
    assertTrue(err.contains("warning: " + log + " cannot be written to"), err);
  }

  @Test
  void quietLeavesWarningsOnly() {
    assertEquals(0, run("x", "--quiet"));
    assertEquals("", out);
    assertEquals("warning: score: a class keeps no image\n", err);
  }

  @Test
  void jsonIsOneEventALine() throws IOException {
    assertEquals(0, run("x", "--json"));
    List<String> events = new ArrayList<>();
    for (String line : out.lines().toList()) {
      JsonNode event = new ObjectMapper().readTree(line);
      events.add(event.path("event").asText());
    }
    assertEquals(
        List.of("stage-started", "progress", "metric", "warning", "stage-finished", "finished"),
        events);
    assertEquals(2, run("x", "--json", "--set", "prune.keep=7"));
    assertEquals("error", new ObjectMapper().readTree(out).path("event").asText());
    assertEquals(2, run("x", "--json", "--no-such-option"));
    JsonNode usage = new ObjectMapper().readTree(out);
    assertEquals("error", usage.path("event").asText());
    assertTrue(usage.path("message").asText().contains("--no-such-option"), out);
  }

  @Test
  void leftOutImagesAreToldByTheStatus() {
    assertEquals(3, run("left-out"));
    assertTrue(err.contains("2 images could not be read and were left out; they are"), err);
    assertEquals(3, run("one-left-out"));
    assertTrue(err.contains("1 image could not be read and was left out; it is"), err);
  }

  @Test
  void summaryHoldsAccuracyBesideTheBaseline() throws IOException {
    Files.createDirectories(folder.resolve("run"));
    Files.writeString(
        folder.resolve("run/evaluation.json"),
        """
        {"networks": {"convnet": {"mean": 0.7123, "std": 0.004}},
         "baselines": {"random": {"networks": {"convnet": {"mean": 0.55, "std": 0.01}}}}}
        """);
    Files.writeString(folder.resolve("run/report.html"), "");
    assertEquals(0, run("x"));
    assertEquals(
        "convnet: accuracy 71.2 % (+- 0.4), random images 55.0 % (+- 1.0)\nreport: "
            + folder.resolve("run/report.html")
            + "\n",
        out);
  }

  @Test
  void summaryOfARepeatedStageLeavesOutWhatWasMeasuredBefore() throws IOException {
    Path run = Files.createDirectories(folder.resolve("run"));
    Files.writeString(run.resolve("evaluation.json"), "{\"networks\": {\"convnet\": {}}}");
    Files.writeString(run.resolve("report.html"), "");
    assertEquals(0, potstill("score", config.toString(), "--out", run.toString(), "--overwrite"));
    assertEquals("run directory: " + run + "\n", out);
  }

  @Test
  void summaryHoldsTheConfidenceIntervalOfSeveralRepeats() throws IOException {
    Files.createDirectories(folder.resolve("run"));
    Files.writeString(
        folder.resolve("run/evaluation.json"),
        """
        {"networks": {"convnet": {"mean": 0.7123, "std": 0.004, "ci95": 0.0062}},
         "baselines":
           {"random": {"networks": {"convnet": {"mean": 0.55, "std": 0.01, "ci95": null}}}}}
        """);
    assertEquals(0, run("x"));
    assertTrue(
        out.startsWith(
            "convnet: accuracy 71.2 % (+- 0.4, 95 % interval 70.6 to 71.9),"
                + " random images 55.0 % (+- 1.0)\n"),
        out);
  }

  @Test
  void intervalsOfTheSummaryEndWhereAccuraciesDo() throws IOException {
    Files.createDirectories(folder.resolve("run"));
    Files.writeString(
        folder.resolve("run/evaluation.json"),
        """
        {"networks": {"convnet": {"mean": 0.97, "std": 0.01, "ci95": 0.127},
                      "vit": {"mean": 0.08, "std": 0.02, "ci95": 0.254}}}
        """);
    assertEquals(0, run("x"));
    assertEquals(
        List.of(
            "convnet: accuracy 97.0 % (+- 1.0, 95 % interval 84.3 to 100.0)",
            "vit: accuracy 8.0 % (+- 2.0, 95 % interval 0.0 to 33.4)"),
        out.lines().limit(2).toList());
  }

  @Test
  void summaryGivesNoSpreadOfASingleRepeat() throws IOException {
    Files.createDirectories(folder.resolve("run"));
    Files.writeString(
        folder.resolve("run/evaluation.json"),
        """
        {"networks": {"convnet": {"accuracies": [0.7123], "mean": 0.7123, "std": 0, "ci95": null}}}
        """);
    assertEquals(0, run("x"));
    assertTrue(out.startsWith("convnet: accuracy 71.2 %\n"), out);
  }

  private void writeEvaluationOfSeveralNetworks() throws IOException {
    Files.createDirectories(folder.resolve("run"));
    Files.writeString(
        folder.resolve("run/evaluation.json"),
        """
        {"networks": {
           "convnet": {"accuracies": [0.7, 0.72], "mean": 0.71, "std": 0.01, "ci95": 0.127},
           "vit": {"accuracies": [0.5, 0.52], "mean": 0.51, "std": 0.01, "ci95": 0.127}},
         "cross": {"mean": 0.51, "std": 0.01, "ci95": 0.127},
         "baselines": {"random": {
           "networks": {"vit": {"accuracies": [0.4], "mean": 0.4, "std": 0, "ci95": null}},
           "cross": {"mean": 0.4, "std": 0, "ci95": null}}}}
        """);
  }

  @Test
  void summaryHoldsTheCrossFigure() throws IOException {
    writeEvaluationOfSeveralNetworks();
    assertEquals(0, run("x"));
    String figures = "accuracy 51.0 % (+- 1.0, 95 % interval 38.3 to 63.7), random images 40.0 %";
    assertEquals("vit: " + figures, out.lines().toList().get(1));
    assertEquals("cross (mean of the others): " + figures, out.lines().toList().get(2));
  }

  @Test
  void finishedHoldsTheAccuracies() throws IOException {
    writeEvaluationOfSeveralNetworks();
    assertEquals(0, run("x", "--json"));
    JsonNode finished = finished();
    assertEquals(
        List.of("convnet", "vit"),
        finished.path("accuracies").properties().stream().map(Map.Entry::getKey).toList());
    assertEquals(
        "{\"mean\":0.71,\"std\":0.01,\"ci95\":0.127}",
        finished.path("accuracies").path("convnet").toString());
    assertEquals("{\"mean\":0.51,\"std\":0.01,\"ci95\":0.127}", finished.path("cross").toString());
    Files.writeString(
        folder.resolve("run/evaluation.json"),
        """
        {"networks": {"convnet": {"accuracies": [0.7], "mean": 0.7, "std": 0, "ci95": null}},
         "cross": {"mean": null, "std": null, "ci95": null}}
        """);
    assertEquals(0, run("x", "--json"));
    assertTrue(finished().path("accuracies").path("convnet").path("ci95").isNull(), out);
    assertTrue(finished().path("cross").isNull(), out);
    Files.delete(folder.resolve("run/evaluation.json"));
    assertEquals(0, run("x", "--json"));
    assertFalse(finished().has("accuracies"), out);
  }

  private JsonNode finished() throws IOException {
    List<String> lines = out.lines().toList();
    return new ObjectMapper().readTree(lines.get(lines.size() - 1));
  }

  @Test
  void failuresAreToldWithoutStackTraces() {
    assertEquals(1, run("bug"));
    assertTrue(
        err.endsWith("error: unexpected IllegalStateException: one; --debug shows more\n"), err);
    assertEquals(1, run("bug", "--debug"));
    assertTrue(err.contains("\tat org.potstill.cli.FakeEngine.run"), err);
    assertEquals(1, run("heap"));
    assertTrue(err.contains("out of Java memory: Java heap space; give Java more"), err);
    assertEquals(1, run("memory"));
    assertTrue(err.contains("out of memory: 5.9 GB could not be allocated; lower score"), err);
    assertFalse(err.contains("frame #0"), err);
    assertEquals(1, run("gpu"));
    assertTrue(err.contains("error: out of memory: CUDA error: out of memory; lower"), err);
  }

  @Test
  void evaluationOfASetFromElsewhereIsToldWhatToDoWithAnEarlierOne() {
    String set = folder.resolve("set").toString();
    String[] arguments = {"evaluate", config.toString(), "--distilled", set};
    assertEquals(0, potstill(arguments));
    assertTrue(err.contains("evaluating " + set + ", FAIL"), err);
    String[] anew = Arrays.copyOf(arguments, arguments.length + 1);
    anew[arguments.length] = "--overwrite";
    assertEquals(0, potstill(anew));
    assertTrue(err.contains("evaluating " + set + ", OVERWRITE"), err);
  }

  @Test
  void validateOpensWhatTheConfigNames() throws IOException {
    String run = folder.resolve("run").toString();
    assertEquals(0, potstill("validate", config.toString(), "--out", run));
    assertTrue(out.startsWith(config + " is fine: 10 classes, "), out);
    assertFalse(Files.exists(folder.resolve("run")));
    String file = config.toString();
    assertEquals(2, potstill("validate", file, "--set", "data.source=folder:/none"));
    assertTrue(err.contains("/none"), err);
    assertEquals(2, potstill("validate", file, "--set", "score.weights=/none.pth"));
    assertTrue(
        err.startsWith("error: score.weights: there is no file /none.pth; the paper's"), err);
    assertTrue(err.contains("see docs/weights.md; score.weights: train needs no file"), err);
    assertEquals(1, err.lines().count(), err);
    assertEquals(2, potstill("validate", file, "--set", "score.from=/none"));
    assertEquals("error: score.from: /none does not exist (no stages.json in it)\n", err);
    Path notFolder = Files.createFile(folder.resolve("file"));
    assertEquals(2, potstill("validate", file, "--out", notFolder + "/below"));
  }

  @Test
  void validateSaysWhichWeightsOfAGeneratorToFetch() {
    for (String init : List.of("imagenet", "ffhq")) {
      String[] settings = {
        "distill.space=ld3m", "distill.prior.init=" + init, "distill.prior.weights=/none.ckpt"
      };
      List<String> arguments = new ArrayList<>(List.of("validate", config.toString()));
      for (String setting : settings) {
        arguments.addAll(List.of("--set", setting));
      }
      assertEquals(2, potstill(arguments.toArray(String[]::new)));
      String message = "error: distill.prior.weights: there is no file /none.ckpt; fetch ";
      assertTrue(err.startsWith(message), err);
      assertTrue(err.contains("see docs/weights.md; distill.prior.init: random needs no"), err);
      assertEquals(1, err.lines().count(), err);
    }
  }

  /** Its content cannot be had a second time. */
  @Test
  void configMayBeAPipe() throws Exception {
    Path pipe = folder.resolve("pipe");
    assertEquals(0, new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor());
    String run = folder.resolve("run").toString();
    String text = Files.readString(config) + "prune: {mode: none, keep: 0.5}\n";
    for (String command : List.of("validate", "run --dry-run")) {
      CompletableFuture<Void> writer =
          CompletableFuture.runAsync(() -> assertDoesNotThrow(() -> Files.writeString(pipe, text)));
      List<String> arguments = new ArrayList<>(List.of(command.split(" ")));
      arguments.addAll(List.of(pipe.toString(), "--out", run));
      assertEquals(0, potstill(arguments.toArray(String[]::new)), err);
      assertTrue(err.contains("has no effect, since prune.mode none keeps all"), err);
      writer.join();
    }
  }

  @Test
  void initNamesNoOptionThatItDoesNotHave() throws IOException {
    Path file = Files.createFile(folder.resolve("file")).resolve("below/new.yaml");
    assertEquals(2, potstill("init", file.toString()));
    assertTrue(err.startsWith("error: cannot write " + file + ": "), err);
    assertFalse(err.contains("--out"), err);
  }

  @Test
  void initWritesAConfigThatValidates() throws IOException {
    Path file = folder.resolve("new.yaml");
    assertEquals(0, potstill("init", file.toString()));
    assertEquals(0, potstill("validate", file.toString()));
    assertEquals(2, potstill("init", file.toString()));
    assertTrue(err.contains("--overwrite"), err);
    assertEquals(2, potstill("init", folder.toString(), "--overwrite"));
    assertTrue(err.contains(folder + " is a folder"), err);
    assertEquals(0, potstill("init", "-", "--schema", "s.json"));
    assertTrue(out.startsWith("# yaml-language-server: $schema=s.json\n"), out);
    assertTrue(out.endsWith(Files.readString(file)));
  }

  @Test
  void compareTellsTheDifferenceAndHowSureItIs() throws IOException {
    assertEquals(0, potstill("compare", "a", "b"));
    String table = out.replaceAll(" +", " ");
    assertTrue(table.contains("convnet 5 50.0 % 52.5 % +2.5 points +1.3 to +3.8 0.0042"), out);
    assertTrue(table.contains("vit 1 30.0 % 20.0 % -10.0 points - -"), out);
    assertEquals("warning: one repeat allows no test\n", err);
    assertEquals(0, potstill("compare", "a", "b", "--json"));
    JsonNode event = new ObjectMapper().readTree(out.lines().skip(1).findFirst().orElseThrow());
    assertEquals("vit", event.get("network").asText());
    assertTrue(event.get("p").isNull());
    JsonNode remark = new ObjectMapper().readTree(out.lines().skip(2).findFirst().orElseThrow());
    assertEquals("warning", remark.get("event").asText());
    assertEquals("one repeat allows no test", remark.get("message").asText());
    assertEquals("", err);
    assertEquals(2, potstill("compare", "a"));
  }

  @Test
  void quietShowsWhatWasAskedFor() {
    assertEquals(0, potstill("compare", "a", "b"));
    String table = out;
    assertEquals(0, potstill("compare", "a", "b", "--quiet"));
    assertEquals(table, out);
    assertEquals(0, potstill("doctor", "--quiet"));
    assertTrue(out.startsWith("cpu\n"), out);
    for (String command : List.of("compare", "doctor", "rehearse", "run")) {
      assertEquals(0, potstill(command, "--help"));
      String help = out.replaceAll("\\s+", " ");
      assertTrue(
          help.contains("what was asked to be shown (compare, doctor, rehearse, --dry-run)"), out);
    }
  }

  @Test
  void reportOfSeveralRunsIsOnePage() throws IOException {
    Path a = Files.createDirectory(folder.resolve("a"));
    Path b = Files.createDirectory(folder.resolve("b"));
    Path page = folder.resolve("page.html");
    String[] asked = {"report", a.toString(), b.toString(), "--out", page.toString()};
    assertEquals(0, potstill(asked), err);
    assertEquals("side by side: " + page + "\n", out);
    assertEquals("[" + a + ", " + b + "]", Files.readString(page));
    assertEquals(2, potstill(asked));
    assertEquals(
        "error: " + page + " exists; --overwrite replaces it, or --out names another\n", err);
    List<String> more = new ArrayList<>(List.of(asked));
    more.addAll(List.of("--overwrite", "--json"));
    assertEquals(0, potstill(more.toArray(String[]::new)), err);
    assertEquals("written", new ObjectMapper().readTree(out).path("event").asText());
    assertEquals(2, potstill("report", a.toString(), b.toString(), "--set", "run.seed=1"));
    assertTrue(err.contains("no option that changes a run"), err);
    assertEquals(2, potstill("report", a.toString(), b.toString(), "--out", a.toString()));
    assertTrue(err.contains("is a folder"), err);
  }

  @Test
  void schemaIsJson() throws IOException {
    assertEquals(0, potstill("schema"));
    assertEquals("object", new ObjectMapper().readTree(out).path("type").path(0).asText());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "schema",
        "init -",
        "--help",
        "--version",
        "run CONFIG --out OUT --json --set run.name=left-out"
      })
  void outputThatCannotBeWrittenIsAFailure(String command) throws IOException {
    ByteArrayOutputStream errBytes = new ByteArrayOutputStream();
    OutputStream full = OutputStream.nullOutputStream();
    full.close();
    Streams streams =
        new Streams(
            new PrintStream(full, true, StandardCharsets.UTF_8),
            new PrintStream(errBytes, true, StandardCharsets.UTF_8),
            false);
    command = command.replace("CONFIG", config.toString());
    command = command.replace("OUT", folder.resolve("run").toString());
    assertEquals(1, Main.execute(new FakeEngine(), streams, command.split(" ")));
    String told = errBytes.toString(StandardCharsets.UTF_8);
    assertTrue(
        told.endsWith("error: not all of the output could be written to standard output\n"), told);
  }

  @Test
  void doctorTellsWhatThereIs() throws IOException {
    assertEquals(0, potstill("doctor", "--json"));
    JsonNode facts = new ObjectMapper().readTree(out);
    assertTrue(facts.path("cpu").path("cores").asInt() > 0, out);
    assertTrue(facts.path("natives").path("libtorch").asText().startsWith("loaded"), out);
    assertTrue(facts.path("kernels").path("java").asText().startsWith("available"), out);
    assertFalse(facts.path("gpu").path("driver").asText().isEmpty(), out);
    assertEquals(0, potstill("doctor"));
    assertTrue(out.startsWith("cpu\n"), out);
  }
}
