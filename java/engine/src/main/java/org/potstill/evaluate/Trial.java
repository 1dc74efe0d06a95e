package org.potstill.evaluate;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalInt;

/**
 * One training and what it is measured on.
 *
 * @param number among all of the evaluation, in their order, from 1
 * @param network name of the network
 * @param set what the training images are called
 * @param iteration that the training images are of, where several are measured to choose one
 * @param repeat from 0
 * @param rate peak of the learning rate
 * @param key stands for all that its accuracy depends on
 */
record Trial(
    long number,
    String network,
    String set,
    OptionalInt iteration,
    int repeat,
    double rate,
    String key) {

  /** What tells its line in {@code metrics.jsonl} from those of others. */
  Map<String, Object> labels() {
    Map<String, Object> labels = new LinkedHashMap<>();
    labels.put("network", network);
    labels.put("images", set);
    iteration.ifPresent(of -> labels.put("iteration", of));
    labels.put("repeat", repeat + 1);
    return labels;
  }
}
