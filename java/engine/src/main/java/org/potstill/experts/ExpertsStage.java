package org.potstill.experts;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.SortedSet;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.potstill.augment.SiameseAugmentation;
import org.potstill.config.Config;
import org.potstill.config.ExpertsConfig;
import org.potstill.data.Dataset;
import org.potstill.distill.CoreSetImages;
import org.potstill.distill.DistillingNetwork;
import org.potstill.distill.ExpertEpochs;
import org.potstill.distill.ExpertFile;
import org.potstill.errors.InputException;
import org.potstill.errors.RunFailedException;
import org.potstill.net.Network;
import org.potstill.random.Purpose;
import org.potstill.random.RandomStream;
import org.potstill.run.Checkpoints;
import org.potstill.run.Fingerprint;
import org.potstill.run.RunContext;
import org.potstill.tensor.LibTorch;
import org.potstill.tensor.NamedTensors;
import org.potstill.weights.Safetensors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The stage {@code experts}: from {@code coreset.csv} to {@code experts/}. Goes on in the middle of
 * an expert, after its last whole epoch.
 */
public final class ExpertsStage {

  /** Name of the stage, as the listener hears it. */
  public static final String NAME = "experts";

  private static final Logger LOG = LoggerFactory.getLogger(ExpertsStage.class);
  private static final String FINGERPRINT = "fingerprint";

  private final Config config;
  private final ExpertsConfig experts;
  private final Dataset data;
  private final RunContext context;
  private final Checkpoints checkpoints;

  /** A stage that reads and writes the directory of {@code context}. */
  public ExpertsStage(Config config, Dataset data, RunContext context) {
    this.config = config;
    this.experts = config.experts();
    this.data = data;
    this.context = context;
    this.checkpoints = context.directory().checkpoints(NAME);
  }

  /**
   * Trains the experts that are missing.
   *
   * @throws InputException where there are experts of other settings, the disk has no room, or the
   *     experts are not trained for long enough
   * @throws RunFailedException where a loss is no longer finite
   * @throws org.potstill.errors.RunCancelledException where the run was asked to stop
   */
  public void run() {
    SortedSet<Integer> stored = ExpertEpochs.drawn(config);
    Fingerprint fingerprint = ExpertEpochs.fingerprint(config, data, context);
    Network network = DistillingNetwork.of(config.distill().network(), data);
    int first = 0;
    while (first < experts.count() && isDone(first, stored, fingerprint)) {
      first++;
    }
    if (first == experts.count()) {
      return;
    }
    plan(network, experts.count() - first, stored);
    try (LibTorch.ThreadSettings threads = LibTorch.withThreads(context.threads());
        CoreSetImages images = CoreSetImages.load(config.data(), data, context, NAME)) {
      for (int expert = first; expert < experts.count(); expert++) {
        train(network, images, expert, stored, fingerprint);
      }
    }
    checkpoints.clear();
  }

  private boolean isDone(int expert, SortedSet<Integer> stored, Fingerprint fingerprint) {
    Path file = context.directory().resolve(ExpertFile.name(expert));
    if (!Files.exists(file)) {
      return false;
    }
    ExpertFile found = ExpertFile.open(file);
    found.requireFingerprint(fingerprint);
    return found.epochs().containsAll(stored);
  }

  private void plan(Network network, int missing, SortedSet<Integer> stored) {
    int bytes = experts.precision().equals("bf16") ? 2 : Float.BYTES;
    ExpertPlan plan = ExpertPlan.of(network, missing, stored.size(), bytes);
    plan.requireRoom(context.directory().root());
    LOG.info("{} experts to train; {}", missing, plan.text());
  }

  private void train(
      Network network,
      CoreSetImages images,
      int expert,
      SortedSet<Integer> stored,
      Fingerprint fingerprint) {
    try (PointerScope scope = new PointerScope();
        ExpertProgress progress =
            new ExpertProgress(
                network,
                initial(network, expert),
                experts.momentum(),
                stored,
                experts.precision())) {
      Tensor labels = images.labels();
      ExpertTraining training =
          new ExpertTraining(
              images.all(),
              labels,
              SiameseAugmentation.of(config.distill().augment()),
              ExpertDraws.of(context.seed(), expert),
              experts.batch(),
              experts.learningRate());
      int done = restore(progress, expert, fingerprint);
      context.directory().metrics().cutBack(NAME, step(expert, done));
      for (int epoch = done; epoch < experts.epochs(); epoch++) {
        epoch(training, progress, expert, epoch, fingerprint);
      }
      Path file = context.directory().resolve(ExpertFile.name(expert));
      ExpertFile.write(file, progress.snapshots(), fingerprint);
    }
  }

  private NamedTensors initial(Network network, int expert) {
    return network.initialise(
        RandomStream.of(context.seed(), Purpose.EXPERT_INITIALISATION, 0, expert));
  }

  /** Epochs of all experts together; what checkpoints and figures count. */
  private long step(int expert, int epochs) {
    return (long) expert * experts.epochs() + epochs;
  }

  private void epoch(
      ExpertTraining training,
      ExpertProgress progress,
      int expert,
      int epoch,
      Fingerprint fingerprint) {
    long began = System.nanoTime();
    double loss = training.epoch(progress.state(), progress.sgd(), epoch, context.cancellation());
    double seconds = (System.nanoTime() - began) / 1e9;
    if (!Double.isFinite(loss)) {
      throw new RunFailedException(
          "expert "
              + expert
              + " diverged: its loss is no longer finite in epoch "
              + (epoch + 1)
              + "; lower experts.learning-rate");
    }
    progress.snap(epoch + 1);
    long step = step(expert, epoch + 1);
    try (NamedTensors all = progress.save()) {
      Map<String, String> metadata = Map.of(FINGERPRINT, fingerprint.hash());
      checkpoints.save(step, path -> Safetensors.write(path, all, metadata));
    }
    context.directory().metrics().append(NAME, step, seconds, Map.of("loss", loss));
    context.listener().metric(NAME, step, "loss", loss);
    long total = step(experts.count(), 0);
    context.listener().progress(NAME, "training experts", step, total, "epochs");
  }

  /** Takes up this expert's checkpoint, if there is one; returns the epochs done. */
  private int restore(ExpertProgress progress, int expert, Fingerprint fingerprint) {
    return checkpoints
        .restore(
            checkpoint -> restore(checkpoint, progress, expert, fingerprint),
            message -> context.listener().warning(NAME, message))
        .orElse(0);
  }

  private int restore(
      Checkpoints.Checkpoint checkpoint,
      ExpertProgress progress,
      int expert,
      Fingerprint fingerprint) {
    long first = step(expert, 0);
    if (checkpoint.step() <= first || checkpoint.step() > step(expert + 1, 0)) {
      return 0;
    }
    Safetensors file = Safetensors.open(checkpoint.file());
    if (!fingerprint.hash().equals(file.metadata().get(FINGERPRINT))) {
      throw new InputException(
          checkpoint.file()
              + " is of an expert of other settings; undo the change or use --overwrite");
    }
    try (NamedTensors all = file.readAll()) {
      progress.restore(all);
    }
    return (int) (checkpoint.step() - first);
  }
}
