package org.potstill.config;

import java.nio.file.Path;

/**
 * Section {@code experts}: training of the trajectories that trajectory matching follows.
 *
 * @param count number of experts
 * @param epochs of training; a snapshot is kept of each that can be drawn
 * @param learningRate of SGD
 * @param momentum of SGD
 * @param batch images per step
 * @param precision of the stored snapshots: {@code f32} or {@code bf16}
 * @param trainingPrecision of convolutions and linear layers: {@code f32}, {@code tf32} or {@code
 *     bf16}
 * @param from run directory whose experts are taken, as many as it has; null trains all
 */
public record ExpertsConfig(
    int count,
    int epochs,
    double learningRate,
    double momentum,
    int batch,
    String precision,
    String trainingPrecision,
    Path from) {

  /** The same with the experts of another run. */
  public ExpertsConfig withFrom(Path other) {
    return new ExpertsConfig(
        count, epochs, learningRate, momentum, batch, precision, trainingPrecision, other);
  }

  /** The same with a single one, which is trained. */
  ExpertsConfig alone() {
    return new ExpertsConfig(
        1, epochs, learningRate, momentum, batch, precision, trainingPrecision, null);
  }
}
