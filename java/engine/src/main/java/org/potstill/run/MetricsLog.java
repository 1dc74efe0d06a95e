package org.potstill.run;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongPredicate;
import org.potstill.errors.FileErrors;
import org.potstill.errors.RunFailedException;

/**
 * The figures of a run, one JSON object a line: {@code {stage, step, seconds, ...}}, appended to.
 */
public final class MetricsLog {

  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path file;

  MetricsLog(Path file) {
    this.file = file;
  }

  /**
   * Appends a line.
   *
   * @param step of the stage, from 1
   * @param seconds wall time of that step alone
   * @param figures further figures by name; those that are not finite are written as null
   * @throws RunFailedException where the disk is full or the folder is gone
   */
  public void append(String stage, long step, double seconds, Map<String, Double> figures) {
    append(stage, step, seconds, Map.of(), figures);
  }

  /**
   * The same with words or numbers that say what the figures are of.
   *
   * @param labels in the order shown
   */
  public void append(
      String stage,
      long step,
      double seconds,
      Map<String, Object> labels,
      Map<String, Double> figures) {
    Map<String, Object> line = new LinkedHashMap<>();
    line.put("stage", stage);
    line.put("step", step);
    line.put("seconds", seconds);
    line.putAll(labels);
    figures.forEach((name, value) -> line.put(name, Double.isFinite(value) ? value : null));
    try {
      Files.writeString(
          file,
          JSON.writeValueAsString(line) + "\n",
          StandardOpenOption.CREATE,
          StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new RunFailedException(
          "cannot append to " + file + ": " + FileErrors.reason(file, e) + "; " + advice(e), e);
    }
  }

  private String advice(IOException error) {
    if (!Files.isDirectory(file.getParent())) {
      return "choose another place";
    }
    return (FileErrors.mayBeFull(error) ? "free some space" : "mend that")
        + ", and --resume goes on";
  }

  /**
   * Drops the lines of {@code stage} after {@code step}, and a last line that was cut short: what a
   * resumed run is about to write again.
   */
  public void cutBack(String stage, long step) {
    cutBack(stage, found -> found <= step);
  }

  /** The same where steps are not taken in order: drops those that {@code keeps} does not hold. */
  public void cutBack(String stage, LongPredicate keeps) {
    if (!Files.exists(file)) {
      return;
    }
    try {
      // Bytes that are no UTF-8 spoil their line alone, which is no reason to stop a run.
      List<String> kept =
          new String(Files.readAllBytes(file), StandardCharsets.UTF_8)
              .lines()
              .filter(line -> isKept(line, stage, keeps))
              .toList();
      String text = kept.isEmpty() ? "" : String.join("\n", kept) + "\n";
      AtomicFiles.writeString(file, text);
    } catch (IOException e) {
      throw new RunFailedException("cannot read " + file + ": " + FileErrors.reason(file, e), e);
    }
  }

  private static boolean isKept(String line, String stage, LongPredicate keeps) {
    try {
      JsonNode entry = JSON.readTree(line);
      return !entry.path("stage").asText().equals(stage) || keeps.test(entry.path("step").asLong());
    } catch (JsonProcessingException e) {
      return false;
    }
  }
}
