package org.potstill.evaluate;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import org.potstill.errors.FileErrors;
import org.potstill.errors.InputException;
import org.potstill.run.AtomicFiles;

/** Reads and writes {@code evaluation.json}; accuracies are fractions from 0 to 1. */
final class EvaluationFile {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String MAXIMA = "maxima";

  private EvaluationFile() {}

  static void write(Path file, Evaluation evaluation) {
    ObjectNode root = JSON.createObjectNode();
    addSet(root, evaluation.distilled());
    root.set("protocol", JSON.valueToTree(evaluation.protocol()));
    evaluation.maxima().ifPresent(maxima -> addSet(root.putObject(MAXIMA), maxima));
    ObjectNode baselines = root.putObject("baselines");
    evaluation.baselines().forEach((name, set) -> addSet(baselines.putObject(name), set));
    try {
      String text = JSON.writerWithDefaultPrettyPrinter().writeValueAsString(root);
      AtomicFiles.writeString(file, text + "\n");
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * Reads what {@link #write} wrote.
   *
   * @throws InputException where it is missing or damaged
   */
  static Evaluation read(Path file) {
    JsonNode root;
    try {
      root = JSON.readTree(Files.readAllBytes(file));
    } catch (JsonProcessingException e) {
      throw Evaluation.damaged(file, e);
    } catch (NoSuchFileException e) {
      throw new InputException(
          "cannot read " + file + ": evaluate the run first (engine.jar evaluate CONFIG)", e);
    } catch (IOException e) {
      throw new InputException("cannot read " + file + ": " + FileErrors.reason(file, e), e);
    }
    Evaluation.requireNetworks(file, root);
    Map<String, Evaluation.SetResult> baselines = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> entry : root.path("baselines").properties()) {
      baselines.put(entry.getKey(), set(file, entry.getValue()));
    }
    Map<String, Object> protocol =
        JSON.convertValue(root.path("protocol"), new TypeReference<Map<String, Object>>() {});
    if (protocol == null) {
      protocol = new LinkedHashMap<>();
    }
    // Files of versions without that choice have it.
    protocol.putIfAbsent("whitening", "none");
    JsonNode maxima = root.path(MAXIMA);
    return new Evaluation(
        set(file, root),
        baselines,
        protocol,
        maxima.isObject() ? Optional.of(set(file, maxima)) : Optional.empty());
  }

  private static Evaluation.SetResult set(Path file, JsonNode node) {
    Map<String, Evaluation.NetworkResult> networks = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> entry : node.path("networks").properties()) {
      List<Double> accuracies = new ArrayList<>();
      entry.getValue().path("accuracies").forEach(value -> accuracies.add(value.asDouble()));
      if (accuracies.isEmpty()) {
        throw new InputException(file + " has no accuracies of network '" + entry.getKey() + "'");
      }
      networks.put(entry.getKey(), new Evaluation.NetworkResult(accuracies));
    }
    return new Evaluation.SetResult(networks, node.path("distilling").asText());
  }

  private static void addSet(ObjectNode node, Evaluation.SetResult set) {
    node.put("distilling", set.distilling());
    ObjectNode networks = node.putObject("networks");
    set.networks()
        .forEach(
            (name, result) -> {
              ObjectNode network = networks.putObject(name);
              result.accuracies().forEach(network.putArray("accuracies")::add);
              network.put("mean", result.mean());
              network.put("std", result.std());
              put(network, "ci95", result.ci95());
            });
    ObjectNode cross = node.putObject("cross");
    put(cross, "mean", set.crossMean());
    put(cross, "std", set.crossStd());
    put(
        cross,
        "ci95",
        set.cross().map(Evaluation.NetworkResult::ci95).orElse(OptionalDouble.empty()));
  }

  private static void put(ObjectNode node, String key, OptionalDouble value) {
    if (value.isPresent()) {
      node.put(key, value.getAsDouble());
    } else {
      node.putNull(key);
    }
  }
}
