package org.potstill.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.potstill.evaluate.Evaluation;
import org.potstill.pipeline.RunResult;
import org.potstill.run.StageLog;

/** What is told at the end of a run: accuracy beside the baseline, and where the report is. */
final class Summary {

  /** Exit status of a run that finished, but for some inputs. */
  static final int SOME_LEFT_OUT = 3;

  private final RunResult result;

  private Summary(RunResult result) {
    this.result = result;
  }

  /** The summary of a run that ended well. */
  static Summary of(RunResult result) {
    return new Summary(result);
  }

  /** Writes it to standard output and returns the exit status. */
  int report(Streams streams, Output output) {
    int status = result.leftOut() == 0 ? 0 : SOME_LEFT_OUT;
    if (output.json()) {
      JsonLines.print(streams.out(), event(status));
    } else if (!output.quiet()) {
      lines().forEach(streams.out()::println);
    }
    if (status != 0) {
      streams.err().println(leftOutWarning(result));
    }
    return status;
  }

  /** The line on images that were left out. */
  static String leftOutWarning(RunResult result) {
    return "warning: "
        + result.leftOut()
        + " images could not be read and were left out; they are listed in "
        + result.directory().resolve("left-out.csv");
  }

  private Map<String, Object> event(int status) {
    Map<String, Object> event = new LinkedHashMap<>();
    event.put("event", "finished");
    event.put("status", status);
    event.put("directory", result.directory().toString());
    event.put("stages", result.stages());
    event.put("leftOut", result.leftOut());
    return event;
  }

  private List<String> lines() {
    List<String> lines = new ArrayList<>();
    if (result.wasFinished()) {
      lines.add("nothing left to do: the run was finished before");
    }
    Path evaluation = result.directory().resolve(Evaluation.FILE);
    if (isDone("evaluate") && Files.exists(evaluation)) {
      lines.addAll(accuracies(read(evaluation)));
    }
    Path page = result.directory().resolve("report.html");
    lines.add(
        isDone("report") && Files.exists(page)
            ? "report: " + page
            : "run directory: " + result.directory());
    return lines;
  }

  /** Whether what {@code stage} left is of this run as it is now, not of before a repeated one. */
  private boolean isDone(String stage) {
    return result.stages().contains(stage)
        || StageLog.in(result.directory()).entry(stage).isPresent();
  }

  private static List<String> accuracies(JsonNode evaluation) {
    List<String> lines = new ArrayList<>();
    for (Map.Entry<String, JsonNode> network : evaluation.path("networks").properties()) {
      StringBuilder line = new StringBuilder(network.getKey());
      line.append(": accuracy ").append(percent(network.getValue()));
      for (Map.Entry<String, JsonNode> baseline : evaluation.path("baselines").properties()) {
        JsonNode same = baseline.getValue().path("networks").path(network.getKey());
        if (!same.isMissingNode()) {
          line.append(", ").append(baseline.getKey()).append(" images ").append(percent(same));
        }
      }
      lines.add(line.toString());
    }
    return lines;
  }

  /** Mean and, of several repeats, standard deviation and 95 percent confidence interval. */
  private static String percent(JsonNode network) {
    double mean = 100 * network.path("mean").asDouble();
    if (network.path("accuracies").size() == 1) {
      return String.format(Locale.ROOT, "%.1f %%", mean);
    }
    double std = 100 * network.path("std").asDouble();
    double half = 100 * network.path("ci95").asDouble(Double.NaN);
    return Double.isNaN(half)
        ? String.format(Locale.ROOT, "%.1f %% (+- %.1f)", mean, std)
        : String.format(
            Locale.ROOT,
            "%.1f %% (+- %.1f, 95 %% interval %.1f to %.1f)",
            mean,
            std,
            mean - half,
            mean + half);
  }

  private static JsonNode read(Path file) {
    try {
      return new ObjectMapper().readTree(file.toFile());
    } catch (IOException e) {
      throw Evaluation.damaged(file, e);
    }
  }
}
