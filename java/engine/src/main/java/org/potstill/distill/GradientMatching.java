package org.potstill.distill;

import java.util.Arrays;
import java.util.List;
import java.util.function.LongFunction;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.potstill.augment.AugmentDraw;
import org.potstill.augment.SiameseAugmentation;
import org.potstill.kernels.GradientDistance;
import org.potstill.kernels.Kernels;
import org.potstill.net.Mode;
import org.potstill.net.Network;
import org.potstill.net.Pass;
import org.potstill.net.TrainedState;
import org.potstill.random.Purpose;
import org.potstill.random.RandomStream;
import org.potstill.run.CancellationToken;
import org.potstill.tensor.NamedTensors;
import org.potstill.tensor.Precision;
import org.potstill.tensor.RowParts;

/**
 * Gradient matching (Zhao, Mopuri and Bilen, "Dataset Condensation with Gradient Matching", 2021,
 * Algorithm 1): {@code sum_c D(grad L(theta, A(real_c)), grad L(theta, A(syn_c)))} with a fresh
 * random network per iteration, which is trained on the synthetic images between the updates of the
 * images.
 *
 * <p>The kernel gives the distance and its gradient with respect to the synthetic gradients; {@link
 * org.potstill.net.GradientPass} carries it on to the images, through the gradient.
 */
public final class GradientMatching implements Distiller {

  /** Real images per class that batch statistics are taken of, as published. */
  private static final int STATISTICS_BATCH = 16;

  private static final Pass FROZEN = new Pass(Mode.FROZEN_STATISTICS, null);

  private final LongFunction<NamedTensors> freshState;
  private final CoreSetImages coreSet;
  private final SiameseAugmentation augmentation;
  private final Settings settings;
  private final RealBatches batches;
  private final RealBatches statisticsBatches;
  private final RowParts statistics = new RowParts(DistillStage.NAME, "distill.network.width");
  private final long seed;
  private final GradientDistances distances;
  private final NetworkTraining training;
  private final TrainedState state;
  private CancellationToken cancellation = new CancellationToken();
  private double[] classLosses = {};
  private double[] innerLosses = {};
  private long iteration;

  /**
   * The loops and the distance.
   *
   * @param outerLoops updates of the images per iteration
   * @param innerLoops epochs of training of the network between two of them
   * @param networkLearningRate of that training, plain SGD
   * @param batchReal real images per class and step; a smaller class gives all it has
   * @param distance between gradients
   * @param precision of the gradients of real images
   */
  public record Settings(
      int outerLoops,
      int innerLoops,
      double networkLearningRate,
      int batchReal,
      GradientDistance distance,
      Precision precision) {}

  /**
   * A distiller with a fresh random network per iteration.
   *
   * @throws org.potstill.errors.InputException where a class keeps no image
   */
  public GradientMatching(
      Network network,
      CoreSetImages coreSet,
      Kernels kernels,
      SiameseAugmentation augmentation,
      Settings settings,
      long seed) {
    this(
        network,
        iteration ->
            coreSet
                .placement()
                .place(
                    network.initialise(
                        RandomStream.of(seed, Purpose.NETWORK_INITIALISATION, iteration, 0))),
        coreSet,
        kernels,
        augmentation,
        settings,
        seed);
  }

  /**
   * A distiller with networks of the caller's: a state per iteration, which the distiller closes.
   */
  GradientMatching(
      Network network,
      LongFunction<NamedTensors> freshState,
      CoreSetImages coreSet,
      Kernels kernels,
      SiameseAugmentation augmentation,
      Settings settings,
      long seed) {
    this.freshState = freshState;
    this.coreSet = coreSet;
    this.augmentation = augmentation;
    this.settings = settings;
    this.batches = new RealBatches(coreSet, settings.batchReal(), seed);
    this.statisticsBatches = new RealBatches(coreSet, STATISTICS_BATCH, seed);
    this.seed = seed;
    this.state = new TrainedState(network.twiceDifferentiable());
    this.distances = new GradientDistances(state, kernels, settings.distance(), MapPixels.TWICE);
    this.training = new NetworkTraining(state, augmentation, settings.networkLearningRate());
  }

  @Override
  public void heed(CancellationToken token) {
    cancellation = token;
  }

  @Override
  public int stepsPerIteration() {
    return settings.outerLoops();
  }

  @Override
  public void begin(long newIteration) {
    iteration = newIteration;
    state.replace(freshState.apply(newIteration));
  }

  @Override
  public MatchingStep step(Tensor images, int step) {
    takeStatistics(step);
    int classes = coreSet.classes();
    long perClass = images.size(0) / classes;
    Tensor gradient = torch.empty_like(images);
    classLosses = new double[classes];
    for (int c = 0; c < classes; c++) {
      cancellation.throwIfCancelled();
      try (PointerScope scope = new PointerScope()) {
        Tensor target = gradient.narrow(0, c * perClass, perClass);
        classLosses[c] = match(images.narrow(0, c * perClass, perClass), c, step, target);
      }
    }
    return new MatchingStep(Arrays.stream(classLosses).sum() / classes, gradient);
  }

  /** Writes the gradient of the images of a class; returns its loss. */
  private double match(Tensor images, int c, int step, Tensor gradient) {
    long index = (long) step * coreSet.classes() + c;
    AugmentDraw draw =
        augmentation.drawShared(
            RandomStream.of(seed, Purpose.DISTILL_AUGMENTATION, iteration, index),
            images.size(2),
            images.size(3));
    Tensor real = augmentation.apply(batches.take(c, iteration, step), draw);
    List<Tensor> target = distances.gradients(real, c, FROZEN, settings.precision());
    return distances.match(
        target, images, leaf -> augmentation.apply(leaf, draw), c, FROZEN, gradient);
  }

  /** Moves the statistics of batch norm by one pass over real images of all classes. */
  private void takeStatistics(int step) {
    if (!state.hasBuffers()) {
      return;
    }
    try (PointerScope scope = new PointerScope()) {
      Tensor[] images = new Tensor[coreSet.classes()];
      for (int c = 0; c < images.length; c++) {
        // Beyond the streams of the matched batches, which end at outerLoops.
        images[c] = statisticsBatches.take(c, iteration, settings.outerLoops() + step);
      }
      Tensor all = torch.cat(new TensorVector(images), 0);
      statistics.whole(() -> state.moveBuffers(all));
    }
  }

  /** After the last step the network is of no use any more. */
  @Override
  public boolean watchesUpdates(int step) {
    return step < settings.outerLoops() - 1;
  }

  /** Trains the network on the new images, except after the last step. */
  @Override
  public void updated(Tensor images, int step) {
    if (!watchesUpdates(step)) {
      return;
    }
    int perClass = Math.toIntExact(images.size(0) / coreSet.classes());
    innerLosses = new double[settings.innerLoops()];
    for (int epoch = 0; epoch < innerLosses.length; epoch++) {
      cancellation.throwIfCancelled();
      long index = (long) step * innerLosses.length + epoch;
      innerLosses[epoch] = training.epoch(images, perClass, seed, iteration, index);
    }
  }

  /** Losses of the last step, one per class. */
  double[] classLosses() {
    return classLosses.clone();
  }

  /** Losses of the network's last training, one per epoch. */
  double[] innerLosses() {
    return innerLosses.clone();
  }

  /** The network as it stands. */
  TrainedState state() {
    return state;
  }

  @Override
  public void close() {
    state.close();
  }
}
