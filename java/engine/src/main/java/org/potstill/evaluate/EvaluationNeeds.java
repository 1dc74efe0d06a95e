package org.potstill.evaluate;

import org.potstill.config.Config;
import org.potstill.data.Dataset;
import org.potstill.net.BatchGradients;
import org.potstill.net.Network;
import org.potstill.net.TrainingMemory;
import org.potstill.tensor.Placement;
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
    return bytes * sideBySide(config, bytes).workers();
  }

  private static SideBySide sideBySide(Config config, long bytes) {
    return SideBySide.of(config.run().threadCount(), config.evaluate().repeats(), bytes);
  }

  /**
   * How a network is trained on the distilled images, if nothing else takes memory.
   *
   * @param network one of {@code evaluate.networks}
   */
  public static SideBySide sideBySide(
      Config config, Dataset data, String network, Placement placement) {
    long images = (long) data.classKeys().size() * config.distill().imagesPerClass();
    long batch = Math.min(images, config.evaluate().batch());
    long pixels = (long) data.resolution() * data.resolution();
    Network built = EvaluationNetworks.of(config, data).get(network);
    TrainingDraws draws = TrainingDraws.of(config.run().seed(), 0);
    return sideBySide(config, inParts(built, batch, pixels, draws)).on(placement);
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
