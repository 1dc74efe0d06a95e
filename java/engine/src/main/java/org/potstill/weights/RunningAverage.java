package org.potstill.weights;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.potstill.errors.InputException;
import org.potstill.errors.Listed;

/**
 * The running averages of weights that checkpoints of latent diffusion carry: {@code
 * model_ema.NAME}, where NAME is that of the weight below {@code model.} without its dots.
 */
final class RunningAverage {

  private static final String AVERAGE = "model_ema.";
  private static final String WEIGHT = "model.";
  private static final Set<String> COUNTERS = Set.of(AVERAGE + "decay", AVERAGE + "num_updates");

  private RunningAverage() {}

  /** Whether a name belongs to the running averages. */
  static boolean contains(String name) {
    return name.startsWith(AVERAGE);
  }

  /**
   * The tensors with the running averages in the place of the weights, where there are any.
   *
   * @throws InputException where some weights have an average and others do not
   */
  static <T> Map<String, T> preferred(Path file, Map<String, T> tensors) {
    Set<String> unused = new TreeSet<>();
    for (String name : tensors.keySet()) {
      if (contains(name) && !COUNTERS.contains(name)) {
        unused.add(name);
      }
    }
    if (unused.isEmpty()) {
      return without(tensors);
    }
    Map<String, T> result = new LinkedHashMap<>();
    Set<String> missing = new TreeSet<>();
    without(tensors)
        .forEach(
            (name, value) -> {
              String average = average(name);
              if (!name.startsWith(WEIGHT)) {
                result.put(name, value);
              } else if (tensors.containsKey(average)) {
                result.put(name, tensors.get(average));
                unused.remove(average);
              } else {
                missing.add(average);
              }
            });
    if (missing.isEmpty() && unused.isEmpty()) {
      return result;
    }
    throw new InputException(
        file
            + " holds running averages of some weights only:"
            + some(" missing ", missing)
            + some(" not used ", unused)
            + " its plain weights are taken without --ema");
  }

  /** The tensors without the running averages. */
  static <T> Map<String, T> without(Map<String, T> tensors) {
    Map<String, T> result = new LinkedHashMap<>(tensors);
    result.keySet().removeIf(RunningAverage::contains);
    return result;
  }

  private static String average(String weight) {
    return weight.startsWith(WEIGHT)
        ? AVERAGE + weight.substring(WEIGHT.length()).replace(".", "")
        : "";
  }

  private static String some(String what, Set<String> names) {
    return names.isEmpty() ? "" : what + Listed.some(names) + ";";
  }
}
