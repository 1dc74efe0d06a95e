package org.potstill.evaluate;

import java.util.LinkedHashMap;
import java.util.Map;
import org.potstill.config.EvaluateConfig;
import org.potstill.run.SelectedOn;

/**
 * Which iteration was chosen.
 *
 * @param means accuracy by iteration, mean over networks and repeats; empty where there was no
 *     choice
 */
record ChosenIteration(Map<Integer, Double> means) {

  static ChosenIteration none() {
    return new ChosenIteration(Map.of());
  }

  /** Whether a configuration chooses on the validation share. */
  static boolean isOnValidation(EvaluateConfig evaluate) {
    return evaluate.every() > 0 && evaluate.protocol() == EvaluateConfig.Protocol.VALIDATION;
  }

  /** The iteration with the highest mean; the earliest of several. */
  int best() {
    return means.entrySet().stream()
        .reduce((a, b) -> b.getValue() > a.getValue() ? b : a)
        .orElseThrow()
        .getKey();
  }

  /** What the protocol says of it. */
  Map<String, Object> protocol(EvaluateConfig evaluate) {
    if (means.isEmpty()) {
      return Map.of(SelectedOn.KEY, SelectedOn.NOTHING);
    }
    Map<String, Object> entries = new LinkedHashMap<>();
    entries.put(SelectedOn.KEY, isOnValidation(evaluate) ? "validation share" : "test images");
    entries.put("selected-iteration", best());
    entries.put("accuracy-by-iteration", means);
    return entries;
  }
}
