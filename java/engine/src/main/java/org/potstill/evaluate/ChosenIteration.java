package org.potstill.evaluate;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.potstill.config.EvaluateConfig;
import org.potstill.run.SelectedOn;

/**
 * Which iteration was chosen.
 *
 * @param results accuracies of the networks by iteration; empty where there was no choice
 */
record ChosenIteration(SortedMap<Integer, Map<String, Evaluation.NetworkResult>> results) {

  static ChosenIteration none() {
    return new ChosenIteration(Collections.emptySortedMap());
  }

  /** Whether a configuration chooses on the validation share. */
  static boolean isOnValidation(EvaluateConfig evaluate) {
    return evaluate.every() > 0 && evaluate.protocol() == EvaluateConfig.Protocol.VALIDATION;
  }

  /** Accuracy by iteration, mean over networks and repeats. */
  private Map<Integer, Double> means() {
    Map<Integer, Double> means = new TreeMap<>();
    results.forEach(
        (iteration, networks) ->
            means.put(
                iteration,
                networks.values().stream()
                    .mapToDouble(Evaluation.NetworkResult::mean)
                    .average()
                    .orElseThrow()));
    return means;
  }

  /**
   * Every network's accuracies at the iteration that is best for it alone, where test images
   * choose: the maxima that the published runs log beside those of single iterations.
   *
   * @param distilling name of the network that distilled
   */
  Optional<Evaluation.SetResult> maxima(EvaluateConfig evaluate, String distilling) {
    if (results.isEmpty() || isOnValidation(evaluate)) {
      return Optional.empty();
    }
    Map<String, Evaluation.NetworkResult> best = new LinkedHashMap<>();
    for (Map<String, Evaluation.NetworkResult> networks : results.values()) {
      networks.forEach(
          (name, result) ->
              best.merge(name, result, (one, other) -> other.mean() > one.mean() ? other : one));
    }
    return Optional.of(new Evaluation.SetResult(best, distilling));
  }

  /** The iteration with the highest mean; the earliest of several. */
  int best() {
    return means().entrySet().stream()
        .reduce((a, b) -> b.getValue() > a.getValue() ? b : a)
        .orElseThrow()
        .getKey();
  }

  /** What the protocol says of it. */
  Map<String, Object> protocol(EvaluateConfig evaluate) {
    if (results.isEmpty()) {
      return Map.of(SelectedOn.KEY, SelectedOn.NOTHING);
    }
    Map<String, Object> entries = new LinkedHashMap<>();
    entries.put(SelectedOn.KEY, isOnValidation(evaluate) ? "validation share" : "test images");
    entries.put("selected-iteration", best());
    entries.put("accuracy-by-iteration", means());
    return entries;
  }
}
