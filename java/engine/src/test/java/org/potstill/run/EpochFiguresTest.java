package org.potstill.run;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.potstill.testing.Heard;

/** Three networks of three epochs each, and a step of another stage. */
class EpochFiguresTest {

  @TempDir Path temp;
  private RunDirectory directory;
  private EpochFigures figures;
  private final Heard heard = new Heard();

  @BeforeEach
  void train() {
    directory = RunDirectory.open(temp.resolve("run"), Existing.FAIL);
    RunContext context = new RunContext(directory, heard, new CancellationToken(), 1, 1);
    figures = new EpochFigures(context, "experts", 3);
    directory.metrics().append("prune", 1, 0.5, Map.of());
    for (int epoch = 1; epoch <= 3; epoch++) {
      for (int network = 0; network < 3; network++) {
        figures.add(network, epoch, network + 0.25 * epoch, 0.5);
      }
    }
  }

  @AfterEach
  void close() {
    directory.close();
  }

  /** The steps in the file, in order, each with its loss. */
  private List<String> logged() throws IOException {
    List<String> logged = new ArrayList<>();
    for (String line : Files.readAllLines(directory.resolve("metrics.jsonl"))) {
      JsonNode entry = new ObjectMapper().readTree(line);
      if (entry.path("stage").asText().equals("experts")) {
        logged.add(entry.path("step") + ": " + entry.path("loss"));
      }
    }
    return logged;
  }

  @Test
  void stepsAreNumberedAsIfNetworksWereTrainedOneAfterTheOther() throws IOException {
    assertEquals(
        List.of(
            "1: 0.25", "4: 1.25", "7: 2.25", "2: 0.5", "5: 1.5", "8: 2.5", "3: 0.75", "6: 1.75",
            "9: 2.75"),
        logged());
    assertEquals("experts 6", heard.figures().get(7));
  }

  @Test
  void figuresOfNetworksThatAreNotKeptAreDropped() throws IOException {
    figures.keepOnly(network -> network != 1);
    assertEquals(List.of("1: 0.25", "7: 2.25", "2: 0.5", "8: 2.5", "3: 0.75", "9: 2.75"), logged());
    figures.keepOnly(network -> false);
    assertEquals(List.of(), logged());
    assertEquals(1, Files.readAllLines(directory.resolve("metrics.jsonl")).size());
  }

  @Test
  void aNetworkThatGoesOnLosesWhatItDoesAgain() throws IOException {
    figures.goesOn(1, 2);
    assertEquals(
        List.of(
            "1: 0.25", "4: 1.25", "7: 2.25", "2: 0.5", "5: 1.5", "8: 2.5", "3: 0.75", "9: 2.75"),
        logged());
    figures.goesOn(0, 0);
    assertEquals(List.of("4: 1.25", "7: 2.25", "5: 1.5", "8: 2.5", "9: 2.75"), logged());
  }
}
