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
    return EvaluationNetworks.of(config, data).values().stream()
        .mapToLong(
            network ->
                parts
                    ? atOnce(config, ofDistilled(config, data, network))
                    : TrainingMemory.bytes(network, batch(config, data), pixels(data)))
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
    Network built = EvaluationNetworks.of(config, data).get(network);
    return sideBySide(config, ofDistilled(config, data, built)).on(placement);
  }

  /** Of one training of a network on the distilled images, whose batches are taken in parts. */
  private static long ofDistilled(Config config, Dataset data, Network network) {
    TrainingDraws draws = TrainingDraws.of(config.run().seed(), 0);
    return inParts(network, batch(config, data), pixels(data), draws);
  }

  private static long batch(Config config, Dataset data) {
    long images = (long) data.classKeys().size() * config.distill().imagesPerClass();
    return Math.min(images, config.evaluate().batch());
  }

  private static long pixels(Dataset data) {
    return (long) data.resolution() * data.resolution();
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
