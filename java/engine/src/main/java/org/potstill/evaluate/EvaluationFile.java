package org.potstill.evaluate;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.OptionalDouble;
import org.potstill.run.AtomicFiles;

/** Writes {@code evaluation.json}; accuracies are fractions from 0 to 1. */
final class EvaluationFile {

  private static final ObjectMapper JSON = new ObjectMapper();

  private EvaluationFile() {}

  static void write(Path file, Evaluation evaluation) {
    ObjectNode root = JSON.createObjectNode();
    addSet(root, evaluation.distilled());
    root.set("protocol", JSON.valueToTree(evaluation.protocol()));
    ObjectNode baselines = root.putObject("baselines");
    evaluation.baselines().forEach((name, set) -> addSet(baselines.putObject(name), set));
    try {
      String text = JSON.writerWithDefaultPrettyPrinter().writeValueAsString(root);
      AtomicFiles.writeString(file, text + "\n");
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void addSet(ObjectNode node, Evaluation.SetResult set) {
    ObjectNode networks = node.putObject("networks");
    set.networks()
        .forEach(
            (name, result) -> {
              ObjectNode network = networks.putObject(name);
              result.accuracies().forEach(network.putArray("accuracies")::add);
              network.put("mean", result.mean());
              network.put("std", result.std());
            });
    ObjectNode cross = node.putObject("cross");
    put(cross, "mean", set.crossMean());
    put(cross, "std", set.crossStd());
  }

  private static void put(ObjectNode node, String key, OptionalDouble value) {
    if (value.isPresent()) {
      node.put(key, value.getAsDouble());
    } else {
      node.putNull(key);
    }
  }
}
