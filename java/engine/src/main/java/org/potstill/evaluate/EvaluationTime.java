package org.potstill.evaluate;

import java.util.List;
import java.util.Map;
import org.potstill.config.Config;
import org.potstill.config.EvaluateConfig;
import org.potstill.data.Dataset;
import org.potstill.tensor.SideBySide;

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
   * What a network takes for an epoch on the distilled images.
   *
   * @param seconds where several trainings go on at once, the share of one
   * @param sideBySide how they go on
   */
  public record Epoch(double seconds, SideBySide sideBySide) {}

  /**
   * Seconds of all trainings and of the measuring after each. Of baselines that hold all images it
   * is too much where these make larger batches than the distilled ones do.
   *
   * @param epochs by network
   */
  public static double seconds(Config config, Dataset data, Map<String, Epoch> epochs) {
    EvaluationTime time = new EvaluationTime(config, data);
    long trials = (long) epochs.size() * config.evaluate().repeats();
    double ofAll = 0;
    double unstretched = 0;
    for (Epoch epoch : epochs.values()) {
      // The trainings on a set, of all networks, are one job.
      ofAll += epoch.seconds() * epoch.sideBySide().stretch(trials);
      unstretched += epoch.seconds();
    }
    Epoch distilling = epochs.get(time.distilling);
    double ofDistilling = distilling == null ? unstretched / epochs.size() : distilling.seconds();
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
