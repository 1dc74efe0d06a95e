package org.potstill.config;

import java.nio.file.Path;

/**
 * Section {@code score}.
 *
 * @param network {@code resnet18}
 * @param weights file of pretrained weights; null trains a scorer on the data itself, out of fold
 * @param resolution side length at which pretrained weights score the images, 0 that of the data; a
 *     scorer that is trained sees that of the data
 * @param batch images per forward pass
 * @param precision of the convolutions while scoring: {@code f32}, {@code tf32} or {@code bf16}
 * @param epochs of training, per fold
 * @param folds the data are split into; every image is scored by a network that did not see it
 * @param learningRate of training, at its peak
 * @param from run directory whose scores are taken instead; null scores anew
 */
public record ScoreConfig(
    String network,
    Path weights,
    int resolution,
    int batch,
    String precision,
    int epochs,
    int folds,
    double learningRate,
    Path from) {

  /** The key of {@link #weights}. */
  public static final String WEIGHTS = "score.weights";

  /** The key of {@link #from}. */
  public static final String FROM = "score.from";

  /** Whether the scorer is trained on the data itself. */
  public boolean trained() {
    return weights == null;
  }
}
