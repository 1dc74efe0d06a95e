package org.potstill.evaluate;

import org.potstill.config.Config;
import org.potstill.data.Dataset;
import org.potstill.net.BatchGradients;
import org.potstill.net.Network;
import org.potstill.net.TrainingMemory;
import org.potstill.tensor.SideBySide;

/** What the trainings of an evaluation need, before they begin. */
public final class EvaluationNeeds {

  private EvaluationNeeds() {}

  /**
   * Native memory that the trainings on the distilled images take, as many as run at once, besides
   * images.
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
                    ? atOnce(config, inParts(network, batch, pixels, draws))
                    : TrainingMemory.bytes(network, batch, pixels))
        .max()
        .orElse(0);
  }

  /** Of the trainings of a network that run side by side on the CPU; a GPU takes one at a time. */
  private static long atOnce(Config config, long bytes) {
    int repeats = config.evaluate().repeats();
    return bytes * SideBySide.of(config.run().threadCount(), repeats, bytes).workers();
  }

  /** Images that baselines hold besides those that were distilled. */
  public static long imagesOfBaselines(Config config, Dataset data) {
    return config.evaluate().baselines().stream().anyMatch(Baselines.OF_ALL::contains)
        ? data.training().size()
        : 0;
  }

  /** Of one training of a network whose batches are taken in parts. */
  static long inParts(Network network, long batch, long pixels, TrainingDraws draws) {
    long atOnce =
        BatchGradients.imagesAtOnce(network, batch, pixels, SyntheticTraining.pass(draws, 0));
    return TrainingMemory.bytes(network, atOnce, pixels);
  }
}
