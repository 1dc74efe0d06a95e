package org.potstill.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class JsonProgressTest {

  private static final long MILLISECOND = 1_000_000;

  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final AtomicLong clock = new AtomicLong(-5);
  private final JsonProgress progress =
      new JsonProgress(new PrintStream(bytes, true, StandardCharsets.UTF_8), clock::get);

  /** Of an evaluation the name of the task changes long before all is done. */
  @Test
  void theLastOfEveryTaskIsTold() throws JsonProcessingException {
    for (int i = 1; i <= 9; i++) {
      progress.progress("evaluate", i <= 6 ? "repeat 1 of 2" : "repeat 2 of 2", i, 12, "epochs");
    }
    progress.stageFinished("evaluate", 1);
    assertEquals(
        List.of("repeat 1 of 2 1", "repeat 1 of 2 6", "repeat 2 of 2 7", "repeat 2 of 2 9", " "),
        told());
  }

  @Test
  void twoASecondAreToldAndTheLastOfAll() throws JsonProcessingException {
    for (int i = 1; i <= 12; i++) {
      progress.progress("score", "train", i, 12, "epochs");
      clock.addAndGet(100 * MILLISECOND);
    }
    assertEquals(List.of("train 1", "train 6", "train 11", "train 12"), told());
    progress.stageFinished("score", 1);
    assertEquals(5, told().size(), "the last was told");
  }

  @Test
  void whatIsToldOfAStageIsOneEventEach() {
    progress.stageStarted("score");
    progress.metric("score", 3, "loss", 0.5);
    progress.metric("score", 4, "loss", Double.NaN);
    progress.note("score", "two folds");
    progress.warning("score", "one \"image\"");
    progress.stageSkipped("prune");
    assertEquals(
        """
        {"event":"stage-started","stage":"score"}
        {"event":"metric","stage":"score","step":3,"name":"loss","value":0.5}
        {"event":"metric","stage":"score","step":4,"name":"loss","value":null}
        {"event":"note","stage":"score","message":"two folds"}
        {"event":"warning","stage":"score","message":"one \\"image\\""}
        {"event":"stage-skipped","stage":"prune"}
        """,
        bytes.toString(StandardCharsets.UTF_8));
  }

  private List<String> told() throws JsonProcessingException {
    List<String> told = new ArrayList<>();
    for (String line : bytes.toString(StandardCharsets.UTF_8).lines().toList()) {
      JsonNode event = new ObjectMapper().readTree(line);
      told.add(event.path("task").asText() + " " + event.path("done").asText());
    }
    return told;
  }
}
