package org.potstill.report;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What {@code evaluation.json} says.
 *
 * @param distilled accuracies of networks trained on the distilled images
 * @param maxima the same with every network at the iteration that is best for it; null where test
 *     images chose none
 * @param baselines the same for other training sets, by name
 * @param protocol how it was measured, key and value as text
 * @param selectedIteration whose images were evaluated; 0 where they are the last ones
 * @param byIteration mean accuracy by which that iteration was chosen; may be empty
 */
record Evaluation(
    TrainingSet distilled,
    TrainingSet maxima,
    Map<String, TrainingSet> baselines,
    Map<String, String> protocol,
    long selectedIteration,
    SortedMap<Long, Double> byIteration) {

  private static final String MAXIMA = "maxima";
  private static final String BY_ITERATION = "accuracy-by-iteration";

  /**
   * Accuracies reached from one training set.
   *
   * @param networks by name
   * @param cross over the networks that did not distil, null where there is none
   */
  record TrainingSet(Map<String, Accuracy> networks, Accuracy cross) {}

  /**
   * Accuracy from 0 to 1.
   *
   * @param mean over the repeats
   * @param std over the repeats, ddof 0
   * @param ci95 half the width of the 95 percent confidence interval of the mean; NaN where there
   *     is none
   * @param repeats how many; 0 where not recorded
   */
  record Accuracy(double mean, double std, double ci95, int repeats) {}

  static Evaluation of(JsonNode root) {
    Map<String, TrainingSet> baselines = new LinkedHashMap<>();
    root.path("baselines")
        .properties()
        .forEach(entry -> baselines.put(entry.getKey(), trainingSet(entry.getValue())));
    Map<String, String> protocol = new LinkedHashMap<>();
    JsonNode how = root.path("protocol");
    for (Map.Entry<String, JsonNode> entry : how.properties()) {
      String key = entry.getKey();
      if (key.equals(BY_ITERATION)) {
        continue;
      }
      if (entry.getValue().isObject()) {
        // One entry per network.
        JsonNode parts = entry.getValue();
        parts
            .properties()
            .forEach(p -> protocol.put(key + " of " + p.getKey(), plain(p.getValue())));
      } else {
        protocol.put(key, plain(entry.getValue()));
      }
    }
    return new Evaluation(
        trainingSet(root),
        root.path(MAXIMA).isObject() ? trainingSet(root.path(MAXIMA)) : null,
        baselines,
        protocol,
        how.path("selected-iteration").asLong(),
        byIteration(how.path(BY_ITERATION)));
  }

  private static SortedMap<Long, Double> byIteration(JsonNode node) {
    SortedMap<Long, Double> accuracies = new TreeMap<>();
    for (Map.Entry<String, JsonNode> entry : node.properties()) {
      if (entry.getKey().matches("\\d{1,18}") && entry.getValue().isNumber()) {
        accuracies.put(Long.valueOf(entry.getKey()), entry.getValue().asDouble());
      }
    }
    return accuracies;
  }

  private static TrainingSet trainingSet(JsonNode node) {
    Map<String, Accuracy> networks = new LinkedHashMap<>();
    node.path("networks")
        .properties()
        .forEach(entry -> networks.put(entry.getKey(), network(entry.getValue())));
    int repeats = networks.values().stream().mapToInt(Accuracy::repeats).min().orElse(0);
    JsonNode cross = node.path("cross");
    return new TrainingSet(
        networks, cross.path("mean").isNumber() ? accuracy(cross, repeats) : null);
  }

  private static Accuracy network(JsonNode node) {
    return accuracy(node, node.path("accuracies").size());
  }

  private static Accuracy accuracy(JsonNode node, int repeats) {
    return new Accuracy(
        node.path("mean").asDouble(Double.NaN),
        node.path("std").asDouble(Double.NaN),
        node.path("ci95").asDouble(Double.NaN),
        repeats);
  }

  private static String plain(JsonNode value) {
    List<String> parts = new ArrayList<>();
    if (value.isArray()) {
      value.forEach(part -> parts.add(plain(part)));
      return String.join(", ", parts);
    }
    return value.isValueNode() ? value.asText() : value.toString();
  }
}
