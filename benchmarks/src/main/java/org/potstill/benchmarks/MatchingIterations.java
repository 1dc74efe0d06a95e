package org.potstill.benchmarks;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.potstill.augment.SiameseAugmentation;
import org.potstill.distill.CoreSetImages;
import org.potstill.distill.Distiller;
import org.potstill.distill.DistributionMatching;
import org.potstill.distill.ExpertSegment;
import org.potstill.distill.GradientMatching;
import org.potstill.distill.ImageOptimiser;
import org.potstill.distill.MatchingStep;
import org.potstill.distill.PixelSpace;
import org.potstill.distill.TrajectoryMatching;
import org.potstill.kernels.GradientDistance;
import org.potstill.kernels.Kernels;
import org.potstill.net.Network;
import org.potstill.net.Networks;
import org.potstill.random.Purpose;
import org.potstill.random.RandomStream;
import org.potstill.tensor.NamedTensors;
import org.potstill.tensor.Precision;

/**
 * Iterations of distribution, gradient or trajectory matching on seeded images, without
 * augmentation, as the stage {@code distill} does them.
 */
final class MatchingIterations implements PeerIterations {

  private static final long SEED = 1;
  private static final double NETWORK_RATE = 0.01;
  private static final double RATE_LEARNING_RATE = 1e-6;
  private static final double MOMENTUM = 0.5;

  /** How far the expert's end is on the way from its start to another random network. */
  private static final double EXPERT_WAY = 0.1;

  private final NamedTensors inputs = new NamedTensors();
  private final PixelSpace space;
  private final ImageOptimiser optimiser = new ImageOptimiser(MOMENTUM);
  private final CoreSetImages coreSet;
  private final NamedTensors start;
  private final NamedTensors target;
  private final Distiller distiller;

  /** Draws the inputs and the networks of {@code settings}. */
  MatchingIterations(PeerSettings settings, Kernels kernels) {
    Network network = Networks.create(settings.network()).with(kernels);
    try (PointerScope scope = new PointerScope()) {
      Tensor real = Inputs.normal(1, settings.shape(settings.real()));
      Tensor images = Inputs.normal(2, settings.shape(settings.perClass()));
      inputs.put("real", real);
      inputs.put("images", images);
      space = PixelSpace.of(images, settings.rate());
      coreSet = coreSet(real, settings.real());
      // Also the network of the first iteration of distribution and of gradient matching.
      start = initial(network, 0);
      try (NamedTensors other = initial(network, 1)) {
        target = new NamedTensors();
        for (String name : start.names()) {
          Tensor from = start.get(name);
          target.put(name, torch.lerp(from, other.get(name), new Scalar(EXPERT_WAY)));
        }
      }
    }
    start.names().forEach(name -> inputs.put("start/" + name, start.get(name)));
    target.names().forEach(name -> inputs.put("target/" + name, target.get(name)));
    distiller =
        switch (settings.method()) {
          case "dm" -> distributionMatching(settings, network, kernels);
          case "dc" -> gradientMatching(settings, network, kernels);
          default -> trajectoryMatching(settings, network, kernels);
        };
  }

  private static NamedTensors initial(Network network, int iteration) {
    return network.initialise(RandomStream.of(SEED, Purpose.NETWORK_INITIALISATION, iteration, 0));
  }

  private static CoreSetImages coreSet(Tensor real, int perClass) {
    int[] counts = new int[PeerSettings.CLASSES];
    Arrays.fill(counts, perClass);
    List<String> names = IntStream.range(0, counts.length).mapToObj(Integer::toString).toList();
    return new CoreSetImages(real, counts, names);
  }

  private Distiller distributionMatching(PeerSettings settings, Network network, Kernels kernels) {
    return new DistributionMatching(
        network,
        coreSet,
        kernels,
        SiameseAugmentation.of(""),
        settings.real(),
        Precision.F32,
        SEED);
  }

  private Distiller gradientMatching(PeerSettings settings, Network network, Kernels kernels) {
    GradientMatching.Settings own =
        new GradientMatching.Settings(
            settings.outer(),
            settings.inner(),
            NETWORK_RATE,
            settings.real(),
            GradientDistance.LAYERWISE,
            Precision.F32);
    return new GradientMatching(network, coreSet, kernels, SiameseAugmentation.of(""), own, SEED);
  }

  private Distiller trajectoryMatching(PeerSettings settings, Network network, Kernels kernels) {
    TrajectoryMatching.Form form =
        switch (settings.method()) {
          case "mtt-unrolled" -> TrajectoryMatching.Form.UNROLLED;
          case "mtt-constant-memory" -> TrajectoryMatching.Form.CONSTANT_MEMORY;
          default -> throw new IllegalArgumentException("no method " + settings.method());
        };
    TrajectoryMatching.Settings own =
        new TrajectoryMatching.Settings(
            form,
            settings.steps(),
            0,
            settings.perClass(),
            NETWORK_RATE,
            RATE_LEARNING_RATE,
            MOMENTUM);
    return new TrajectoryMatching(
        network,
        iteration -> new ExpertSegment(start.map(Tensor::clone), target.map(Tensor::clone)),
        kernels,
        SiameseAugmentation.of(""),
        own,
        SEED);
  }

  @Override
  public NamedTensors inputs() {
    return inputs;
  }

  @Override
  public NamedTensors moved() {
    return space.variables();
  }

  @Override
  public double iterate(long iteration) {
    distiller.begin(iteration);
    int updates = distiller.stepsPerIteration();
    double loss = 0;
    for (int step = 0; step < updates; step++) {
      try (PointerScope scope = new PointerScope()) {
        MatchingStep matched = distiller.step(space.images(iteration), step);
        loss += matched.loss() / updates;
        try (NamedTensors gradients = space.pullBack(iteration, matched.gradient())) {
          optimiser.step(space, gradients);
        }
        if (distiller.watchesUpdates(step)) {
          distiller.updated(space.images(iteration), step);
        }
      }
    }
    return loss;
  }

  @Override
  public void close() {
    distiller.close();
    coreSet.close();
    space.close();
    optimiser.close();
    start.close();
    target.close();
    inputs.close();
  }
}
