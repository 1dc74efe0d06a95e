package org.potstill.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.potstill.config.Config;
import org.potstill.config.ConfigWriter;
import org.potstill.config.Sweep;
import org.potstill.config.SweepLoader;
import org.potstill.pipeline.RunResult;
import org.potstill.run.Fingerprint;
import org.potstill.run.StageLog;

class SweepCommandTest extends CommandLineTests {

  private static final ObjectMapper JSON = new ObjectMapper();

  private Path file;

  @BeforeEach
  void writeSweep() throws IOException {
    file = folder.resolve("table.yaml");
    write("a: {run.seed: 1}, b: {run.seed: 2}");
  }

  private void write(String values) throws IOException {
    Files.writeString(
        file,
        "data: {source: 'builtin:fashion-mnist-mini'}\nsweep: {over: {what: {" + values + "}}}\n");
  }

  private int sweep(String... more) {
    List<String> arguments = new ArrayList<>(List.of("sweep", file.toString()));
    arguments.addAll(List.of("--out", folder.resolve("out").toString()));
    arguments.addAll(List.of(more));
    return potstill(arguments.toArray(String[]::new));
  }

  @Test
  void everyRunIsToldAndTheTableIsNamed() throws IOException {
    assertEquals(0, sweep(), err);
    assertTrue(err.startsWith("run 1 of 2: a\nall ...\n"), err);
    assertTrue(err.contains("\nrun 2 of 2: b, about "), err);
    assertEquals("table: " + folder.resolve("out/table.html") + "\n", out);
    for (String run : List.of("a", "b")) {
      String log = Files.readString(folder.resolve("out").resolve(run).resolve("run.log"));
      assertEquals(2, log.split("all begins", -1).length, log);
    }
  }

  @Test
  void theTimeLeftIsThatOfTheRunsThatHadSomethingToDo() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    PrintStream err = new PrintStream(bytes, true, StandardCharsets.UTF_8);
    AtomicLong minutes = new AtomicLong();
    Sweep sweep = SweepLoader.load(file, List.of());
    Sweep.Run run = sweep.runs().get(0);
    Path folder = run.config().run().out();
    try (SweepProgress progress =
        new SweepProgress(
            new Streams(err, err, false), new Output(), () -> minutes.get() * 60_000_000_000L)) {
      progress.runStarted(run, 1, 4);
      minutes.addAndGet(3);
      progress.runFinished(run, new RunResult(folder, List.of(), 0));
      progress.runStarted(run, 2, 4);
      minutes.addAndGet(60);
      progress.runFinished(run, new RunResult(folder, List.of("distill"), 0));
      progress.runStarted(run, 3, 4);
      minutes.addAndGet(180);
      progress.runFinished(run, new RunResult(folder, List.of("distill"), 2));
      progress.runStarted(run, 4, 4);
    }
    assertEquals(
        "run 1 of 4: a\nrun 2 of 4: a\nrun 3 of 4: a, about 2 h 0 min left for all\n"
            + "warning: 2 images could not be read and were left out; they are listed in "
            + folder.resolve("left-out.csv")
            + "\nrun 4 of 4: a, about 2 h 0 min left for all\n",
        bytes.toString(StandardCharsets.UTF_8));
  }

  @Test
  void aPartIsRun() {
    assertEquals(0, sweep("--only", "what=b"), err);
    assertTrue(err.startsWith("run 1 of 1: b\n"), err);
    assertFalse(Files.exists(folder.resolve("out/a")));
    assertEquals(2, sweep("--only", "what=c"));
    assertTrue(err.startsWith("error: --only what=c: what has no value 'c'"), err);
  }

  @Test
  void failuresAreToldAtTheirPlaceAndAtTheEnd() throws IOException {
    write("fails: {run.seed: 1}, b: {run.seed: 2}");
    assertEquals(1, sweep());
    assertTrue(err.contains("\nerror: run fails: the disk is full\nrun 2 of 2: b\n"), err);
    assertTrue(err.contains("error: 1 of 2 runs failed, see above; --resume tries them again ("));
    // The advice of a failure names it, and the config of the sweep is none of a run.
    assertTrue(err.endsWith("(the CONFIG of one alone is the config.yaml in its directory)\n"));
  }

  @Test
  void jsonIsOneEventALine() throws IOException {
    write("fails: {run.seed: 1}, b: {run.seed: 2}");
    assertEquals(1, sweep("--json"));
    List<JsonNode> events = new ArrayList<>();
    for (String line : out.split("\n", -1)) {
      if (!line.isEmpty()) {
        events.add(JSON.readTree(line));
      }
    }
    List<String> names =
        events.stream()
            .map(event -> event.path("event").asText())
            .filter(name -> name.startsWith("sweep"))
            .toList();
    assertEquals(
        List.of(
            "sweep-run-started",
            "sweep-run-failed",
            "sweep-run-started",
            "sweep-run-finished",
            "sweep-finished"),
        names);
    JsonNode finished = events.get(events.size() - 2);
    assertEquals(folder.resolve("out/b").toString(), finished.path("directory").asText());
    assertEquals(0, finished.path("leftOut").asInt(-1));
    JsonNode last = events.get(events.size() - 1);
    assertEquals(1, last.path("status").asInt());
    assertEquals("fails", last.path("failed").path(0).asText());
    assertEquals(1, last.path("finished").asInt());
  }

  @Test
  void quietLeavesWarningsOnly() {
    assertEquals(0, sweep("--quiet"));
    assertEquals("", out);
    assertFalse(err.contains("run 1 of 2"), err);
  }

  @Test
  void dryRunListsTheRunsAndRunsNothing() throws IOException {
    assertEquals(0, sweep("--dry-run"), err);
    assertTrue(out.startsWith("a: to be run\nb: to be run\n# needs:  about "), out);
    assertFalse(Files.exists(folder.resolve("out")));
    assertEquals(0, sweep("--dry-run", "--json", "--only", "what=b"), err);
    JsonNode event = JSON.readTree(out);
    assertEquals("sweep-run", event.path("event").asText());
    assertEquals("b", event.path("values").path(0).asText());
    assertTrue(event.path("diskBytes").asLong() > 0, out);
    assertEquals(0, sweep("--dry-run", "--json", "--only", "what=b", "--device", "cpu"), err);
    assertFalse(JSON.readTree(out).has("gpuBytes"), out);
    assertEquals(0, sweep("--dry-run", "--json", "--only", "what=b", "--device", "auto"), err);
    assertTrue(JSON.readTree(out).has("gpuBytes"), out);
  }

  @Test
  void dryRunListsASweepThatExists() {
    Path run = folder.resolve("out/a");
    StageLog.in(run)
        .put("score", new StageLog.Entry(Fingerprint.of(Map.of()), Map.of(), 1, Map.of()));
    assertEquals(0, sweep("--dry-run"), err);
    assertTrue(out.startsWith("a: finished: score\nb: to be run\n"), out);
  }

  @Test
  void dryRunRefusesARunThatCouldNotBegin() throws IOException {
    write("a: {run.seed: 1}, b: {distill.images-per-class: 5000}");
    assertEquals(2, sweep("--dry-run"));
    assertTrue(err.startsWith("error: run b: class 'T-shirt/top' keeps 108 images"), err);
    // What is there is only listed, unless it is to go on.
    StageLog.in(folder.resolve("out/b"))
        .put("score", new StageLog.Entry(Fingerprint.of(Map.of()), Map.of(), 1, Map.of()));
    assertEquals(0, sweep("--dry-run"), err);
    assertTrue(out.startsWith("a: to be run\nb: finished: score\n"), out);
    Config begun = SweepLoader.load(file, List.of()).runs().get(1).config();
    Files.writeString(
        folder.resolve("out/b/config.yaml"),
        ConfigWriter.toYaml(begun).replace("per-class: 5000", "per-class: 1"));
    assertEquals(2, sweep("--dry-run", "--resume"));
    assertTrue(err.startsWith("error: run b: distill.images-per-class was 1 in "), err);
    assertEquals(2, sweep("--dry-run", "--overwrite"));
    assertTrue(err.startsWith("error: run b: class 'T-shirt/top' keeps 108 images"), err);
  }

  @Test
  void dryRunRefusesAPlaceThatTheSweepWouldRefuse() throws IOException {
    Path place = Files.writeString(folder.resolve("out"), "mine");
    assertEquals(2, sweep("--dry-run"));
    assertTrue(err.contains(place + " cannot be made or written to; choose another --out"), err);
    Files.delete(place);
    Files.createDirectories(place.resolve("checkpoints"));
    Files.writeString(place.resolve("checkpoints/distill-000000002.safetensors"), "");
    assertEquals(2, sweep("--dry-run"));
    assertTrue(err.contains(place + " is the directory of a run; choose another --out"), err);
    assertEquals("", out);
  }

  @Test
  void validateChecksEveryRun() throws IOException {
    assertEquals(0, potstill("validate", file.toString()), err);
    assertTrue(out.startsWith("a is fine: ") && out.contains("\nb is fine: "), out);
    write("good: {data.classes: [Bag, Coat]}, bad: {data.classes: [Bag, Cat]}");
    assertEquals(2, potstill("validate", file.toString()));
    assertTrue(err.startsWith("error: run bad: "), err);
  }

  @Test
  void otherCommandsSayThatItIsASweep() {
    assertEquals(2, potstill("run", file.toString()));
    assertTrue(err.contains("line 2: sweep: this config stands for several runs"), err);
    assertEquals(2, potstill("sweep", config.toString()));
    assertTrue(err.contains("has no section sweep"), err);
  }
}
