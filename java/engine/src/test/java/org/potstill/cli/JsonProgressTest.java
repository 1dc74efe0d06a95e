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
import org.junit.jupiter.api.Test;

class JsonProgressTest {

  /** Of an evaluation the name of the task changes long before all is done. */
  @Test
  void theLastOfEveryTaskIsTold() throws JsonProcessingException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    JsonProgress progress = new JsonProgress(new PrintStream(bytes, true, StandardCharsets.UTF_8));
    for (int i = 1; i <= 9; i++) {
      progress.progress("evaluate", i <= 6 ? "repeat 1 of 2" : "repeat 2 of 2", i, 12, "epochs");
    }
    progress.stageFinished("evaluate", 1);
    List<String> told = new ArrayList<>();
    for (String line : bytes.toString(StandardCharsets.UTF_8).lines().toList()) {
      JsonNode event = new ObjectMapper().readTree(line);
      told.add(event.path("task").asText() + " " + event.path("done").asText());
    }
    assertEquals(
        List.of("repeat 1 of 2 1", "repeat 1 of 2 6", "repeat 2 of 2 7", "repeat 2 of 2 9", " "),
        told);
  }
}
