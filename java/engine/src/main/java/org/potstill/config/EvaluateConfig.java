package org.potstill.config;

import java.util.List;

/**
 * Section {@code evaluate}.
 *
 * @param networks trained on the synthetic set, one after the other
 * @param repeats per network, each with its own seed
 * @param epochs of training
 * @param batch images per step
 * @param learningRate peak rate; 0 takes the one of the network in the paper
 * @param augment DSA strategy; empty for none
 * @param every iterations of the distillation between two evaluations; 0 evaluates the last images
 *     only
 * @param protocol on which images the best iteration is chosen
 * @param baselines sets of real images that are evaluated beside it
 */
public record EvaluateConfig(
    List<String> networks,
    int repeats,
    int epochs,
    int batch,
    double learningRate,
    String augment,
    int every,
    Protocol protocol,
    List<String> baselines) {

  /** On which images the best iteration is chosen. */
  public enum Protocol {
    /** On the validation share; the test images are looked at once. */
    VALIDATION,
    /** On the test images, as the published runs did. */
    PAPER
  }
}
