package org.potstill.experts;

import org.bytedeco.javacpp.PointerScope;
import org.potstill.augment.SiameseAugmentation;
import org.potstill.config.Config;
import org.potstill.config.ExpertsConfig;
import org.potstill.data.Dataset;
import org.potstill.distill.ExpertEpochs;
import org.potstill.net.Network;
import org.potstill.random.Purpose;
import org.potstill.random.RandomStream;
import org.potstill.run.CancellationToken;
import org.potstill.tensor.Placement;
import org.potstill.tensor.Precision;
import org.potstill.tensor.RowParts;
import org.potstill.tensor.Tensors;

/**
 * How long experts take to train on this machine, as timed on a step of networks that nobody keeps,
 * as many as run at a time.
 */
final class ExpertTiming {

  /** Images of the step that is timed, at most. */
  private static final int IMAGES = 64;

  /** Values of these images at most: 64 images of 3 channels and 256 pixels are fewer. */
  private static final int VALUES = 1 << 24;

  /** Noise costs what images cost. */
  private static final long SEED = 0;

  private final Config config;
  private final Network network;
  private final Dataset data;
  private final Placement placement;

  ExpertTiming(Config config, Network network, Dataset data, Placement placement) {
    this.config = config;
    this.network = network;
    this.data = data;
    this.placement = placement;
  }

  /**
   * Seconds that the experts of a plan take.
   *
   * @param images of the core-set
   * @throws org.potstill.errors.RunCancelledException where it was asked to stop
   */
  double seconds(ExpertPlan plan, long images, CancellationToken cancellation) {
    int workers = plan.sideBySide().workers();
    double[] perImage = new double[workers];
    plan.sideBySide()
        .run(workers, cancellation, (index, token) -> perImage[index] = perImage(index, token));
    double worst = 0;
    for (double seconds : perImage) {
      worst = Math.max(worst, seconds);
    }
    // The last round may leave workers without an expert.
    long rounds = (plan.experts() + workers - 1) / workers;
    return worst * images * ExpertEpochs.drawn(config).last() * rounds;
  }

  /** Seconds per image of a step, after one that is not timed. */
  private double perImage(int expert, CancellationToken cancellation) {
    ExpertsConfig experts = config.experts();
    int count = images(experts.batch(), data.channels(), data.resolution());
    RandomStream random = RandomStream.of(SEED, Purpose.EXPERT_INITIALISATION, 0, expert);
    try (PointerScope scope = new PointerScope();
        ExpertProgress progress =
            new ExpertProgress(
                network,
                placement.place(network.initialise(random)),
                experts.momentum(),
                ExpertEpochs.drawn(config),
                experts.precision())) {
      ExpertTraining training = training(count, ExpertDraws.of(SEED, expert));
      training.epoch(progress.state(), progress.sgd(), 0, cancellation);
      long began = System.nanoTime();
      training.epoch(progress.state(), progress.sgd(), 1, cancellation);
      return (System.nanoTime() - began) / 1e9 / count;
    }
  }

  /** Images of the step that is timed: of a batch, at least one. */
  static int images(int batch, int channels, int side) {
    long fit = VALUES / ((long) channels * side * side);
    return (int) Math.min(Math.min(IMAGES, batch), Math.max(1, fit));
  }

  /** Training on {@code count} made-up images, that stays where it is. */
  private ExpertTraining training(int count, ExpertDraws draws) {
    int side = data.resolution();
    float[] pixels = new float[count * data.channels() * side * side];
    draws.augmentation(0).fillGaussian(pixels, 0, 1);
    return new ExpertTraining(
        placement.place(Tensors.of(pixels, count, data.channels(), side, side)),
        placement.place(Tensors.of(new long[count], count)),
        SiameseAugmentation.of(config.distill().augment()),
        draws,
        count,
        0,
        Precision.of(config.experts().trainingPrecision(), "experts.training-precision", placement),
        new RowParts(ExpertsStage.NAME, ExpertsStage.BATCH));
  }
}
