package org.potstill.distill;

import java.util.ArrayList;
import java.util.List;
import org.potstill.augment.SiameseAugmentation;
import org.potstill.config.Config;
import org.potstill.config.DistillConfig;
import org.potstill.config.TrajectoryConfig;
import org.potstill.data.Dataset;
import org.potstill.errors.InputException;
import org.potstill.kernels.GradientDistance;
import org.potstill.kernels.Kernels;
import org.potstill.net.Network;
import org.potstill.run.Fingerprint;
import org.potstill.run.RunContext;
import org.potstill.tensor.Placement;
import org.potstill.tensor.Precision;

/** Builds the method and the space that a configuration asks for: one line each. */
final class DistillParts {

  private final Config config;
  private final DistillConfig distill;
  private final Dataset data;
  private final RunContext context;
  private final Kernels kernels;

  DistillParts(Config config, Dataset data, RunContext context, Kernels kernels) {
    this.config = config;
    this.distill = config.distill();
    this.data = data;
    this.context = context;
    this.kernels = kernels;
  }

  /** The method. */
  Distiller distiller(Network network, CoreSetImages images, SiameseAugmentation augmentation) {
    long seed = context.seed();
    return switch (distill.method()) {
      case DM ->
          new DistributionMatching(
              network, images, kernels, augmentation, distill.batchReal(), precision(), seed);
      case DC ->
          new GradientMatching(network, images, kernels, augmentation, gradientSettings(), seed);
      case MTT ->
          new TrajectoryMatching(
              network, experts(network), kernels, augmentation, trajectorySettings(), seed);
    };
  }

  private GradientMatching.Settings gradientSettings() {
    GradientDistance distance =
        switch (distill.distance()) {
          case "layerwise" -> GradientDistance.LAYERWISE;
          case "mse" -> GradientDistance.MSE;
          case "cos" -> GradientDistance.COSINE;
          default ->
              throw new InputException(
                  "distill.distance: '"
                      + distill.distance()
                      + "' is unknown; it is layerwise, mse or cos");
        };
    return new GradientMatching.Settings(
        distill.outerLoops(),
        distill.innerLoops(),
        distill.networkLearningRate(),
        distill.batchReal(),
        distance,
        precision());
  }

  private Precision precision() {
    return Precision.of(distill.precision(), "distill.precision", Placement.of(context.device()));
  }

  private TrajectoryMatching.Settings trajectorySettings() {
    TrajectoryConfig trajectory = distill.trajectory();
    TrajectoryMatching.Form form =
        switch (trajectory.form()) {
          case UNROLLED -> TrajectoryMatching.Form.UNROLLED;
          case CONSTANT_MEMORY -> TrajectoryMatching.Form.CONSTANT_MEMORY;
        };
    return new TrajectoryMatching.Settings(
        form,
        trajectory.steps(),
        trajectory.batchSynthetic(),
        distill.imagesPerClass(),
        trajectory.learningRate(),
        trajectory.rateLearningRate(),
        trajectory.rateMomentum());
  }

  private ExpertSource experts(Network network) {
    ExpertEpochs.drawn(config);
    Fingerprint expected = ExpertEpochs.fingerprint(config, data, context);
    List<ExpertFile> files = new ArrayList<>();
    for (int expert = 0; expert < config.experts().count(); expert++) {
      ExpertFile file = ExpertFile.openOwn(context.directory().resolve(ExpertFile.name(expert)));
      file.requireFingerprint(expected, data);
      files.add(file);
    }
    TrajectoryConfig trajectory = distill.trajectory();
    return new ExpertLibrary(
        files,
        network,
        trajectory.maxStartEpoch(),
        trajectory.expertEpochs(),
        context.seed(),
        Placement.of(context.device()));
  }

  /** The space with its variables at their start. */
  Space space(CoreSetImages images) {
    return switch (distill.space()) {
      case PIXEL -> pixels(images);
      case GLAD -> GladSpace.start(config, data, context, kernels);
      case LD3M -> Ld3mSpace.start(config, data, context, images, kernels);
    };
  }

  private Space pixels(CoreSetImages images) {
    int perClass = distill.imagesPerClass();
    return switch (distill.init()) {
      case REAL -> PixelSpace.real(images, perClass, context.seed(), distill.learningRate());
      case NOISE ->
          PixelSpace.noise(
              perClass * images.classes(),
              images.imageShape(),
              context.seed(),
              distill.learningRate(),
              images.placement());
    };
  }
}
