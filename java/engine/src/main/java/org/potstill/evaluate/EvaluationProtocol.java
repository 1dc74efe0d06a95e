package org.potstill.evaluate;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import org.potstill.config.Config;
import org.potstill.config.EvaluateConfig;
import org.potstill.data.Dataset;

/** How accuracies were measured, as a reader of {@code evaluation.json} needs it to compare. */
final class EvaluationProtocol {

  private EvaluationProtocol() {}

  /**
   * The entries, in the order shown.
   *
   * @param rate that was learned with the images, where networks were trained at that
   * @param testImages how many were measured on
   */
  static Map<String, Object> of(
      Config config, Dataset data, long seed, OptionalDouble rate, int testImages) {
    EvaluateConfig evaluate = config.evaluate();
    Map<String, Object> protocol = new LinkedHashMap<>();
    protocol.put("resolution", data.resolution());
    protocol.put("form", EvaluationNetworks.forms(config, data));
    protocol.put("optimiser", "SGD, momentum 0.9, weight decay 5e-4");
    protocol.put(
        "schedule",
        switch (evaluate.schedule()) {
          case WARMUP_COSINE -> "linear warm-up over the first half of the epochs, then cosine";
          case STEP -> "constant over the first half of the epochs, then a tenth";
        });
    protocol.put("epochs", evaluate.epochs());
    protocol.put("batch", evaluate.batch());
    protocol.put("learning-rate", rates(evaluate, rate.isPresent()));
    rate.ifPresent(learned -> protocol.put("learned-rate", learned));
    protocol.put("whitening", config.data().whitening().name().toLowerCase(Locale.ROOT));
    protocol.put("augment", evaluate.augment().isEmpty() ? "none" : evaluate.augment());
    protocol.put(
        "tested-weights",
        evaluate.ema() > 0 ? "running average, decay " + evaluate.ema() : "after the last epoch");
    protocol.put("precision", evaluate.precision());
    protocol.put("repeats", evaluate.repeats());
    protocol.put("seed", seed);
    protocol.put("test-images", testImages);
    return protocol;
  }

  private static List<String> rates(EvaluateConfig evaluate, boolean learned) {
    List<String> rates = new ArrayList<>();
    for (String network : evaluate.networks()) {
      double own = EvaluationNetworks.learningRate(evaluate, network);
      rates.add(network + " " + (learned ? "learned" : own));
    }
    return rates;
  }
}
