package org.potstill.distill;

import java.nio.file.Files;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.potstill.augment.SiameseAugmentation;
import org.potstill.config.Config;
import org.potstill.config.DataConfig;
import org.potstill.config.DistillConfig;
import org.potstill.config.ExpertsConfig;
import org.potstill.data.Dataset;
import org.potstill.data.TrainingIdentity;
import org.potstill.errors.InputException;
import org.potstill.kernels.Kernels;
import org.potstill.net.Network;
import org.potstill.net.Networks;
import org.potstill.prune.CoreSet;
import org.potstill.run.Fingerprint;
import org.potstill.run.RunContext;
import org.potstill.run.RunDirectory;
import org.potstill.tensor.Determinism;
import org.potstill.tensor.LibTorch;
import org.potstill.tensor.Placement;

/** The stage {@code distill}: from {@code coreset.csv} to {@code distilled/}. */
public final class DistillStage {

  /** Name of the stage, as the listener hears it. */
  public static final String NAME = "distill";

  private final Config config;
  private final DistillConfig distill;
  private final Dataset data;
  private final RunContext context;
  private final Kernels kernels;

  /** A stage that reads and writes the directory of {@code context}. */
  public DistillStage(Config config, Dataset data, RunContext context, Kernels kernels) {
    this.config = config;
    this.distill = config.distill();
    this.data = data;
    this.context = context;
    this.kernels = kernels;
  }

  /**
   * Checks that the generator is the one that is asked for, as far as names and shapes of its
   * weights tell, and that there are images enough to start from.
   *
   * @param kept images of every class in the core-set
   * @throws InputException naming the key that is wrong
   */
  public static void requireInputs(Config config, Dataset data, int[] kept) {
    DistillConfig distill = config.distill();
    if (distill.prior() != null) {
      PriorWeights.requireFile(distill, data.resolution());
      PriorUse.requireNormalisation(distill.prior(), data);
    }
    switch (distill.space()) {
      case PIXEL -> {}
      case GLAD -> GladPrior.requireFit(config, data);
      case LD3M -> Ld3mOpening.requireFit(config, data);
    }
    if (distill.method() != DistillConfig.Method.MTT) {
      for (int c = 0; c < kept.length; c++) {
        RealBatches.requireSome(data.classNames().get(c), kept[c]);
      }
    }
    requireStart(config, data, kept);
  }

  /**
   * Checks that there are images enough to start from, where real ones are started from.
   *
   * @param kept images of every class in the core-set
   * @throws InputException where a class has too few
   */
  public static void requireStart(Config config, Dataset data, int[] kept) {
    DistillConfig distill = config.distill();
    if (!startsFromImages(distill)) {
      return;
    }
    for (int c = 0; c < kept.length; c++) {
      CoreSetImages.requireEnough(data.classNames().get(c), kept[c], distill.imagesPerClass());
    }
  }

  /**
   * Whether the images of a finished distillation, if they are missing, can be made from its last
   * checkpoint: what it started from must be there, and where iterations are chosen from, the last.
   */
  public static boolean canRestore(Config config, RunDirectory directory) {
    String last =
        directory
            .stages()
            .entry(NAME)
            .map(entry -> entry.fingerprint().values().get("distill.iterations"))
            .orElse(Integer.toString(config.distill().iterations()));
    boolean keeps = config.evaluate().every() > 0;
    return directory.checkpoints(NAME).any()
        && Files.exists(directory.resolve(DistilledSet.INITIAL_FILE))
        && (!keeps
            || Files.exists(directory.resolve(DistilledSet.historyFile(Long.parseLong(last)))));
  }

  /** Whether the synthetic images, or their latents, start from images of the core-set. */
  public static boolean startsFromImages(DistillConfig distill) {
    return distill.space() != DistillConfig.Space.GLAD && distill.init() == DistillConfig.Init.REAL;
  }

  /**
   * Distils, from the newest checkpoint where there is one, and writes the images.
   *
   * @throws InputException where the core-set is missing, of another data set, or too small, or the
   *     checkpoint is of other settings
   * @throws org.potstill.errors.RunFailedException where the loss is no longer finite or the disk
   *     is full
   * @throws org.potstill.errors.RunCancelledException where the run was asked to stop; it goes on
   *     from there
   */
  public void run() {
    // Before the images are loaded, so that a mistake in the configuration shows at once.
    SiameseAugmentation augmentation = SiameseAugmentation.of(distill.augment());
    Network network = DistillingNetwork.of(distill.network(), data).with(kernels);
    DistillParts parts = new DistillParts(config, data, context, kernels);
    try (LibTorch.ThreadSettings threads = LibTorch.withThreads(context.threads());
        Whitening whitening = Whitening.of(config.data(), data, context, NAME);
        CoreSetImages images = CoreSetImages.load(config.data(), data, context, NAME, whitening);
        Distiller distiller = parts.distiller(network, images, augmentation);
        Space space = parts.space(images)) {
      distil(space, distiller, whitening);
    }
  }

  private void distil(Space space, Distiller distiller, Whitening whitening) {
    try (ImageOptimiser optimiser = new ImageOptimiser(distill.momentum())) {
      DistillCheckpoint checkpoint =
          new DistillCheckpoint(
              context.directory().checkpoints(NAME),
              configHash(space),
              Placement.of(context.device()).kind());
      long start =
          checkpoint.restore(
              space, optimiser, distiller, message -> context.listener().warning(NAME, message));
      if (start > distill.iterations()) {
        throw new InputException(
            "distill.iterations: "
                + distill.iterations()
                + " is below the "
                + start
                + " that were done; it may only grow");
      }
      context.directory().metrics().cutBack(NAME, start);
      DistilledFiles files =
          new DistilledFiles(config, data, whitening, context, configHash(space));
      if (start == 0) {
        files.writeInitial(space, distiller);
      }
      new DistillLoop(distill, context, space, distiller, optimiser, checkpoint)
          .run(start, done -> files.keepHistory(space, distiller, done));
      files.writeResult(space, distiller);
    }
  }

  /** Stands for all that the images depend on; the number of iterations may grow. */
  private String configHash(Space space) {
    Fingerprint fingerprint =
        Fingerprint.of(
            Map.of(
                "seed", Long.toString(context.seed()),
                "data set", TrainingIdentity.of(data, context.directory().stages()),
                "resize", config.data().resize().toString(),
                "core-set", Fingerprint.ofFile(context.directory().resolve(CoreSet.FILE)),
                "distill", identity(withoutLength()),
                "experts", config.experts() == null ? "null" : identity(config.experts())));
    if (config.data().whitening() != DataConfig.Whitening.NONE) {
      fingerprint = fingerprint.with("whitening", config.data().whitening().toString());
    }
    String device =
        Determinism.identity(config.run().deterministic(), Placement.of(context.device()));
    if (!device.isEmpty()) {
      fingerprint = fingerprint.with("device", device);
    }
    String version = Networks.version(distill.network().name());
    if (!version.isEmpty()) {
      fingerprint = fingerprint.with("version of the distilling network", version);
    }
    return space instanceof LatentSpace latent
        ? fingerprint.with("prior", new TreeMap<>(latent.identity()).toString()).hash()
        : fingerprint.hash();
  }

  /** Runs of versions without a choice of normalisation have that of the data, and go on. */
  static String identity(DistillConfig distill) {
    return distill.toString().replace("normalisation=DATA, ", "");
  }

  /** As in versions without {@code experts.from}; whose they are is in the files themselves. */
  static String identity(ExpertsConfig experts) {
    return experts.withFrom(null).toString().replace(", from=null", "");
  }

  private DistillConfig withoutLength() {
    return new DistillConfig(
        distill.method(),
        distill.space(),
        distill.imagesPerClass(),
        0,
        distill.batchReal(),
        distill.init(),
        distill.network(),
        distill.augment(),
        distill.learningRate(),
        distill.momentum(),
        distill.loops(),
        distill.outerLoops(),
        distill.innerLoops(),
        distill.networkLearningRate(),
        distill.distance(),
        distill.precision(),
        distill.prior() == null ? null : distill.prior().withoutWeights(),
        distill.trajectory(),
        0,
        0);
  }

  static String word(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }
}
