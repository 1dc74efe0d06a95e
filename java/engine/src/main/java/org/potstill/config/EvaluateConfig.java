package org.potstill.config;

import java.nio.file.Path;
import java.util.List;

/**
 * Section {@code evaluate}.
 *
 * @param networks trained on the synthetic set
 * @param repeats per network, each with its own seed
 * @param epochs of training
 * @param batch images per step
 * @param learningRate peak rate; 0 takes the one of the network in the paper
 * @param learnedRate whether the peak rate is instead the one that was learned with the images
 * @param schedule of the learning rate over the epochs
 * @param ema decay of the running average of the weights that is tested; 0 tests the last weights
 * @param augment DSA strategy, or {@code dc}; empty for none
 * @param precision of convolutions and linear layers: {@code f32}, {@code tf32} or {@code bf16}
 * @param every iterations of the distillation between two evaluations; 0 evaluates the last images
 *     only
 * @param protocol on which images the best iteration is chosen
 * @param baselines sets of real images that are evaluated beside it
 * @param featureEpochs of training of the network whose features {@code herding} and {@code
 *     k-center} choose by
 * @param from run directory whose finished trainings are taken where they would be the same; null
 *     for none
 */
public record EvaluateConfig(
    List<String> networks,
    int repeats,
    int epochs,
    int batch,
    double learningRate,
    boolean learnedRate,
    Schedule schedule,
    double ema,
    String augment,
    String precision,
    int every,
    Protocol protocol,
    List<String> baselines,
    int featureEpochs,
    Path from) {

  /** The same with the finished trainings of another run. */
  EvaluateConfig withFrom(Path other) {
    return new EvaluateConfig(
        networks,
        repeats,
        epochs,
        batch,
        learningRate,
        learnedRate,
        schedule,
        ema,
        augment,
        precision,
        every,
        protocol,
        baselines,
        featureEpochs,
        other);
  }

  /** The same of one network at its own rate, of the last images and no other set. */
  EvaluateConfig withTrialsOfLastImages(String network) {
    return new EvaluateConfig(
        List.of(network),
        repeats,
        epochs,
        batch,
        learningRate,
        false,
        schedule,
        ema,
        augment,
        precision,
        0,
        protocol,
        List.of(),
        featureEpochs,
        null);
  }

  /** How the learning rate changes. */
  public enum Schedule {
    /** Linear up over the first half of the epochs, then half a cosine down. */
    WARMUP_COSINE,
    /** Constant over the first half, a tenth of it after. */
    STEP
  }

  /** On which images the best iteration is chosen. */
  public enum Protocol {
    /** On the validation share; the test images are looked at once. */
    VALIDATION,
    /** On the test images, as the published runs did. */
    PAPER
  }
}
