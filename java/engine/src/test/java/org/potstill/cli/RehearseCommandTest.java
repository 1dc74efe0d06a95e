package org.potstill.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class RehearseCommandTest extends CommandLineTests {

  private int rehearse(String... more) {
    String[] arguments = new String[more.length + 2];
    arguments[0] = "rehearse";
    arguments[1] = config.toString();
    System.arraycopy(more, 0, arguments, 2, more.length);
    return potstill(arguments);
  }

  @Test
  void tellsTheTimeOfEveryStageAndOfAll() {
    Path run = folder.resolve("run");
    assertEquals(0, rehearse("--out", run.toString()));
    assertEquals(
        """
        score      7 min 20 s    45 ms per image
        distill    1 h 3 min     1.9 s per iteration
        together   1 h 10 min    roughly, if nothing else computes here
        """,
        out);
    assertTrue(err.startsWith("score ...\n"), err);
    assertFalse(Files.exists(run));
  }

  @Test
  void tellsProgramsSeconds() throws IOException {
    assertEquals(0, rehearse("--json"));
    List<String> lines = out.lines().toList();
    JsonNode event = new ObjectMapper().readTree(lines.get(lines.size() - 1));
    assertEquals("rehearsed", event.path("event").asText());
    assertEquals(4240.5, event.path("seconds").asDouble());
    assertEquals(440, event.path("secondsByStage").path("score").asDouble());
    assertEquals(3800.5, event.path("secondsByStage").path("distill").asDouble());
  }

  private void writeSweep() throws IOException {
    Files.writeString(
        config,
        """
        data: {source: 'builtin:fashion-mnist-mini'}
        sweep: {over: {what: {a: {run.seed: 1}, b: {run.seed: 2}}}}
        """);
  }

  @Test
  void theRunsOfASweepAreRehearsedOneByOne() throws IOException {
    writeSweep();
    assertEquals(0, rehearse("--quiet"));
    String run =
        """
        score      7 min 20 s    45 ms per image
        distill    1 h 3 min     1.9 s per iteration
        together   1 h 10 min    roughly, if nothing else computes here
        """;
    String all = "all runs   2 h 21 min    less what they take from each other\n";
    assertEquals("a\n" + run + "b\n" + run + all, out);
    assertEquals("", err);
  }

  @Test
  void partOfASweepIsRehearsed() throws IOException {
    writeSweep();
    assertEquals(0, rehearse("--only", "what=b", "--json"));
    List<String> events = out.lines().filter(line -> line.contains("rehearsed")).toList();
    assertEquals(1, events.size(), out);
    assertEquals("b", new ObjectMapper().readTree(events.get(0)).path("run").asText());
  }

  @Test
  void anErrorSaysOfWhichRunItIs() throws IOException {
    Files.writeString(
        config,
        """
        data: {source: 'builtin:fashion-mnist-mini'}
        sweep: {over: {what: {a: {run.seed: 1}, fails: {run.seed: 2}}}}
        """);
    assertEquals(1, rehearse("--quiet"));
    assertEquals("error: run fails: the disk is full\n", err);
    assertTrue(out.startsWith("a\nscore "), out);
  }

  @Test
  void aSingleRunHasNoParts() {
    assertEquals(2, rehearse("--only", "what=b"));
    assertEquals("error: --only: chooses runs of a sweep, and " + config + " is none\n", err);
  }
}
