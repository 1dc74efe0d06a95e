package org.potstill.evaluate;

import java.util.List;
import java.util.Map;
import org.potstill.config.Config;
import org.potstill.config.EvaluateConfig;
import org.potstill.data.Dataset;

/** How long an evaluation takes, from how long networks take for an epoch on distilled images. */
public final class EvaluationTime {

  /** What a step costs beside a pass that only looks: forward, and back with both gradients. */
  private static final double PASSES_OF_A_STEP = 3;

  private final EvaluateConfig evaluate;
  private final Dataset data;
  private final int iterations;
  private final String distilling;
  private final double distilledImages;

  private EvaluationTime(Config config, Dataset data) {
    this.evaluate = config.evaluate();
    this.data = data;
    this.iterations = config.distill().iterations();
    this.distilling = config.distill().network().name();
    this.distilledImages = (double) config.distill().imagesPerClass() * data.classKeys().size();
  }

  /**
   * Seconds of all trainings and of the measuring after each.
   *
   * @param epochs seconds of an epoch on the distilled images, by network; where several trainings
   *     go on at once, the share of one
   */
  public static double seconds(Config config, Dataset data, Map<String, Double> epochs) {
    EvaluationTime time = new EvaluationTime(config, data);
    double ofAll = epochs.values().stream().mapToDouble(Double::doubleValue).sum();
    double ofDistilling = epochs.getOrDefault(time.distilling, ofAll / epochs.size());
    return time.epochsOfNetwork() * ofAll + time.epochsOfFeatures() * ofDistilling;
  }

  /** What a network does, repeats and measuring included, in epochs on the distilled images. */
  private double epochsOfNetwork() {
    int candidates = evaluate.every() == 0 ? 0 : -Math.floorDiv(-iterations, evaluate.every());
    boolean onValidation = ChosenIteration.isOnValidation(evaluate);
    // What was chosen on the test images was measured on them.
    int chosen = candidates > 0 && !onValidation ? 0 : 1;
    List<String> baselines = evaluate.baselines();
    double sets = candidates + chosen + baselines.size();
    if (baselines.contains(Baselines.FULL)) {
      sets += inSets(data.training().size()) - 1;
    }
    double measured =
        (double) candidates * (onValidation ? data.validation() : data.test()).size()
            + (double) (chosen + baselines.size()) * data.test().size();
    return evaluate.repeats() * (evaluate.epochs() * sets + inSets(measured) / PASSES_OF_A_STEP);
  }

  /** What the network does by whose features some baselines are chosen. */
  private double epochsOfFeatures() {
    boolean wanted =
        evaluate.baselines().contains(Baselines.HERDING)
            || evaluate.baselines().contains(Baselines.K_CENTER);
    return wanted ? evaluate.featureEpochs() * inSets(data.training().size()) : 0;
  }

  /** How many times as many as the distilled images. */
  private double inSets(double images) {
    return images / distilledImages;
  }
}
