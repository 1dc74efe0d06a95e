package org.potstill.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.potstill.errors.InputException;

class StageLogTest {

  @TempDir Path temp;

  @Test
  void aDamagedRecordOfStagesIsToldInAWord() throws IOException {
    Files.writeString(temp.resolve("stages.json"), "{\n  \"score\": {\"finger");
    InputException error = assertThrows(InputException.class, () -> StageLog.in(temp).entries());
    assertTrue(
        error
            .getMessage()
            .contains("(damaged JSON, line 2: Unexpected end-of-input in field name);"),
        error.getMessage());
    assertFalse(error.getMessage().contains("Source"), error.getMessage());
    // Overwriting would throw away what can still be gone on from.
    assertTrue(error.getMessage().contains("delete it, and --resume"), error.getMessage());
  }

  /** What can be read but says too little. */
  @ParameterizedTest
  @ValueSource(strings = {"null", "{\"score\": null}", "{\"score\": {}}"})
  void aRecordWithGapsIsDamagedToo(String text) throws IOException {
    Files.writeString(temp.resolve("stages.json"), text);
    InputException error = assertThrows(InputException.class, () -> StageLog.in(temp).entries());
    assertTrue(error.getMessage().startsWith(temp + "/stages.json cannot be read ("));
    assertTrue(error.getMessage().contains("a stage"), error.getMessage());
    assertFalse(error.getMessage().contains("org.potstill"), error.getMessage());
    Files.writeString(temp.resolve("stages.json"), "{}");
    Files.writeString(temp.resolve("stages-before.json"), text);
    error = assertThrows(InputException.class, () -> StageLog.in(temp).known());
    assertTrue(error.getMessage().startsWith(temp + "/stages-before.json cannot be read ("));
  }

  @Test
  void finishedStagesAreRememberedWithAllThatWentIntoThem() {
    Fingerprint fingerprint = Fingerprint.of(Map.of("prune.keep", "0.2", "scores.csv", "abc"));
    try (RunDirectory directory = RunDirectory.open(temp.resolve("run"), Existing.FAIL)) {
      StageLog stages = directory.stages();
      stages.put(
          "prune",
          new StageLog.Entry(fingerprint, Map.of("coreset.csv", "def"), 1.5, Map.of("java", "17")));
      StageLog.Entry read = stages.entry("prune").orElseThrow();
      assertEquals(fingerprint, read.fingerprint());
      assertEquals("def", read.outputs().get("coreset.csv"));
      assertEquals(fingerprint.hash(), read.fingerprint().hash());
      assertEquals(
          "prune.keep was 0.2 and is now 0.3",
          read.fingerprint().firstDifference(fingerprint.with("prune.keep", "0.3")).orElseThrow());
      stages.remove("prune");
      assertTrue(stages.entry("prune").isEmpty());
    }
  }

  @Test
  void stagesThatAreDoneAgainAreKnownUntilTheyAre() throws IOException {
    Path root = temp.resolve("run");
    try (RunDirectory directory = RunDirectory.open(root, Existing.FAIL)) {
      StageLog stages = directory.stages();
      stages.put("score", entry("a"));
      stages.put("prune", entry("b"));
      stages.setAside(List.of("prune", "distill"));
      stages.setAside(List.of("prune", "distill"));
      assertEquals(Map.of("score", entry("a")), stages.entries());
      assertEquals(entry("b"), StageLog.in(root).last("prune").orElseThrow());
      assertEquals(entry("a"), stages.last("score").orElseThrow());
      assertTrue(stages.last("distill").isEmpty());
      stages.put("prune", entry("c"));
      assertEquals(entry("c"), stages.last("prune").orElseThrow());
    }
    assertEquals(List.of(".lock", "stages.json"), RunDirectoryTest.names(root));
  }

  @Test
  void stagesAreDoneAgainOneByOne() {
    try (RunDirectory directory = RunDirectory.open(temp.resolve("run"), Existing.FAIL)) {
      StageLog stages = directory.stages();
      stages.put("prune", entry("a"));
      stages.put("distill", entry("b"));
      stages.setAside(List.of("distill"));
      stages.setAside(List.of("prune"));
      assertEquals(Map.of(), stages.entries());
      stages.put("prune", entry("c"));
      assertEquals(Map.of("prune", entry("c"), "distill", entry("b")), stages.known());
      // What is finished and then forgotten is not what it was before.
      stages.remove("prune");
      assertEquals(Optional.empty(), stages.last("prune"));
      assertEquals(Map.of("distill", entry("b")), stages.known());
    }
  }

  private static StageLog.Entry entry(String output) {
    return new StageLog.Entry(
        Fingerprint.of(Map.of("key", "value")), Map.of("file", output), 1, Map.of());
  }
}
