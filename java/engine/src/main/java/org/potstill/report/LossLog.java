package org.potstill.report;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.potstill.prune.PruneStage;

/** Logged steps of {@code metrics.jsonl}, by stage. */
final class LossLog {

  private static final ObjectMapper JSON = new ObjectMapper();

  private final Map<String, Series> losses = new LinkedHashMap<>();
  private final Map<String, Double> seconds = new LinkedHashMap<>();
  private long prunedFrom;

  /**
   * Reads one JSON object a line; a line that is not one, as a process that was killed leaves
   * behind, is passed over. Bytes that are no UTF-8 spoil their line alone.
   */
  static LossLog read(Path file) throws IOException {
    LossLog log = new LossLog();
    try (BufferedReader reader =
        new BufferedReader(
            new InputStreamReader(Files.newInputStream(file), StandardCharsets.UTF_8))) {
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        try {
          log.add(JSON.readTree(line));
        } catch (JsonProcessingException ignored) {
          // A cut line carries no figure; the lines around it still do.
        }
      }
    }
    return log;
  }

  private void add(JsonNode line) {
    String stage = line.path("stage").asText();
    if (line.path("seconds").isNumber()) {
      seconds.merge(stage, line.get("seconds").asDouble(), Double::sum);
    }
    if (line.path("step").isNumber() && line.path("loss").isNumber()) {
      Series series = losses.computeIfAbsent(stage, name -> new Series());
      series.add(line.get("step").asDouble(), line.get("loss").asDouble());
    }
    if (stage.equals(PruneStage.NAME)) {
      prunedFrom = line.path(PruneStage.IMAGES).asLong();
    }
  }

  /** Losses of a stage over its steps, empty where none were logged. */
  Series losses(String stage) {
    return losses.getOrDefault(stage, new Series());
  }

  /** Seconds of the logged steps of every stage, summed. */
  Map<String, Double> seconds() {
    return seconds;
  }

  /** How many images the core-set was chosen from; 0 where none were logged. */
  long prunedFrom() {
    return prunedFrom;
  }

  /** A figure over the steps of a stage. */
  static final class Series {
    // Networks that are trained side by side log their steps in turns; a chart cannot go back.
    private final SortedMap<Double, Double> values = new TreeMap<>();

    /** Takes a step, unless it is known. */
    void add(double step, double value) {
      values.putIfAbsent(step, value);
    }

    double[] steps() {
      return array(values.keySet());
    }

    double[] values() {
      return array(values.values());
    }

    private static double[] array(Collection<Double> numbers) {
      return numbers.stream().mapToDouble(Double::doubleValue).toArray();
    }
  }
}
