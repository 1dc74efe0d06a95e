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
import java.util.Optional;
import java.util.function.UnaryOperator;
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
        + (result.leftOut() == 1
            ? "1 image could not be read and was left out; it is listed in "
            : result.leftOut() + " images could not be read and were left out; they are listed in ")
        + result.directory().resolve("left-out.csv");
  }

  private Map<String, Object> event(int status) {
    Map<String, Object> event = new LinkedHashMap<>();
    event.put("event", "finished");
    event.put("status", status);
    putInto(event);
    return event;
  }

  /** What an event tells of a run that ended well. */
  void putInto(Map<String, Object> event) {
    event.put("directory", result.directory().toString());
    event.put("stages", result.stages());
    event.put("leftOut", result.leftOut());
    evaluation().ifPresent(evaluation -> putAccuracies(event, evaluation));
  }

  private static void putAccuracies(Map<String, Object> event, JsonNode evaluation) {
    Map<String, Object> accuracies = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> network : evaluation.path("networks").properties()) {
      accuracies.put(network.getKey(), figures(network.getValue()));
    }
    event.put("accuracies", accuracies);
    event.put("cross", figures(evaluation.path("cross")));
  }

  /** Mean, deviation and half the interval's width, from 0 to 1; null where there is no figure. */
  private static Map<String, Object> figures(JsonNode accuracy) {
    if (!accuracy.path("mean").isNumber()) {
      return null;
    }
    Map<String, Object> figures = new LinkedHashMap<>();
    figures.put("mean", accuracy.path("mean").asDouble());
    figures.put("std", accuracy.path("std").asDouble());
    JsonNode ci95 = accuracy.path("ci95");
    figures.put("ci95", ci95.isNumber() ? ci95.asDouble() : null);
    return figures;
  }

  private List<String> lines() {
    List<String> lines = new ArrayList<>();
    if (result.wasFinished()) {
      lines.add("nothing left to do: the run was finished before");
    }
    evaluation().ifPresent(evaluation -> lines.addAll(accuracies(evaluation)));
    Path page = result.directory().resolve("report.html");
    lines.add(
        isDone("report") && Files.exists(page)
            ? "report: " + page
            : "run directory: " + result.directory());
    return lines;
  }

  /** What the evaluation of this run found; empty where it was not evaluated. */
  private Optional<JsonNode> evaluation() {
    Path file = result.directory().resolve(Evaluation.FILE);
    return isDone("evaluate") && Files.exists(file) ? Optional.of(read(file)) : Optional.empty();
  }

  /** Whether what {@code stage} left is of this run as it is now, not of before a repeated one. */
  private boolean isDone(String stage) {
    return result.stages().contains(stage)
        || StageLog.in(result.directory()).entry(stage).isPresent();
  }

  private static List<String> accuracies(JsonNode evaluation) {
    List<String> lines = new ArrayList<>();
    for (Map.Entry<String, JsonNode> network : evaluation.path("networks").properties()) {
      String name = network.getKey();
      lines.add(line(name, evaluation, set -> set.path("networks").path(name)));
    }
    if (evaluation.path("cross").path("mean").isNumber()) {
      lines.add(line("cross (mean of the others)", evaluation, set -> set.path("cross")));
    }
    return lines;
  }

  /** The figure of the distilled images, then that of every baseline that has one. */
  private static String line(String name, JsonNode evaluation, UnaryOperator<JsonNode> figure) {
    StringBuilder line = new StringBuilder(name);
    line.append(": accuracy ").append(percent(figure.apply(evaluation), isSingle(evaluation)));
    for (Map.Entry<String, JsonNode> baseline : evaluation.path("baselines").properties()) {
      JsonNode same = figure.apply(baseline.getValue());
      if (same.path("mean").isNumber()) {
        String percent = percent(same, isSingle(baseline.getValue()));
        line.append(", ").append(baseline.getKey()).append(" images ").append(percent);
      }
    }
    return line.toString();
  }

  /** Whether every network was trained once; each is repeated as often as the others. */
  private static boolean isSingle(JsonNode set) {
    return set.path("networks").properties().stream()
        .allMatch(network -> network.getValue().path("accuracies").size() == 1);
  }

  /** Mean and, of several repeats, standard deviation and 95 percent confidence interval. */
  private static String percent(JsonNode accuracy, boolean single) {
    double mean = 100 * accuracy.path("mean").asDouble();
    if (single) {
      return String.format(Locale.ROOT, "%.1f %%", mean);
    }
    double std = 100 * accuracy.path("std").asDouble();
    double half = 100 * accuracy.path("ci95").asDouble(Double.NaN);
    return Double.isNaN(half)
        ? String.format(Locale.ROOT, "%.1f %% (+- %.1f)", mean, std)
        : String.format(
            Locale.ROOT,
            "%.1f %% (+- %.1f, 95 %% interval %.1f to %.1f)",
            mean,
            std,
            // No accuracy lies outside.
            Math.max(0, mean - half),
            Math.min(100, mean + half));
  }

  private static JsonNode read(Path file) {
    try {
      JsonNode root = new ObjectMapper().readTree(file.toFile());
      Evaluation.requireNetworks(file, root);
      return root;
    } catch (IOException e) {
      throw Evaluation.damaged(file, e);
    }
  }
}
