package org.potstill.evaluate;

import org.potstill.config.Config;
import org.potstill.data.Dataset;
import org.potstill.net.BatchGradients;
import org.potstill.net.Network;
import org.potstill.net.TrainingMemory;

/** What the trainings of an evaluation need, before they begin. */
public final class EvaluationNeeds {

  private EvaluationNeeds() {}

  /**
   * Native memory that the largest training takes on the distilled images, besides images.
   *
   * @param parts whether batches are taken in parts that fit the caches, as on the CPU
   * @throws org.potstill.errors.InputException where a network cannot be built
   */
  public static long bytes(Config config, Dataset data, boolean parts) {
    long images = (long) data.classKeys().size() * config.distill().imagesPerClass();
    long batch = Math.min(images, config.evaluate().batch());
    long pixels = (long) data.resolution() * data.resolution();
    TrainingDraws draws = TrainingDraws.of(config.run().seed(), 0);
    return EvaluationNetworks.of(config, data).values().stream()
        .mapToLong(
            network ->
                parts
                    ? inParts(network, batch, pixels, draws)
                    : TrainingMemory.bytes(network, batch, pixels))
        .max()
        .orElse(0);
  }

  /** The same of one network whose batches are taken in parts. */
  static long inParts(Network network, long batch, long pixels, TrainingDraws draws) {
    long atOnce =
        BatchGradients.imagesAtOnce(network, batch, pixels, SyntheticTraining.pass(draws, 0));
    return TrainingMemory.bytes(network, atOnce, pixels);
  }
}
