package org.potstill.experts;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SortedSet;
import java.util.stream.Collectors;
import org.potstill.config.Config;
import org.potstill.config.DistillConfig;
import org.potstill.config.ExpertsConfig;
import org.potstill.data.Dataset;
import org.potstill.distill.CoreSetImages;
import org.potstill.distill.DistillStage;
import org.potstill.distill.DistillingNetwork;
import org.potstill.distill.ExpertEpochs;
import org.potstill.distill.ExpertFile;
import org.potstill.distill.Whitening;
import org.potstill.errors.InputException;
import org.potstill.errors.RunFailedException;
import org.potstill.kernels.Kernels;
import org.potstill.net.Network;
import org.potstill.run.Fingerprint;
import org.potstill.run.RunContext;
import org.potstill.tensor.LibTorch;
import org.potstill.tensor.Placement;

/**
 * The stage {@code experts}: from {@code coreset.csv} to {@code experts/}. Trains several experts
 * side by side and goes on in the middle of each, after its last whole epoch.
 */
public final class ExpertsStage {

  /** Name of the stage, as the listener hears it. */
  public static final String NAME = "experts";

  /** The key to lower where the memory of a GPU is full. */
  public static final String BATCH = "experts.batch";

  private final Config config;
  private final ExpertsConfig experts;
  private final Dataset data;
  private final RunContext context;
  private final Kernels kernels;

  /** A stage that reads and writes the directory of {@code context}. */
  public ExpertsStage(Config config, Dataset data, RunContext context, Kernels kernels) {
    this.kernels = kernels;
    this.config = config;
    this.experts = config.experts();
    this.data = data;
    this.context = context;
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
    Network network = DistillingNetwork.of(config.distill().network(), data).with(kernels);
    List<Integer> missing = missing(stored, fingerprint);
    if (!missing.isEmpty() && experts.from() != null) {
      borrow(missing, stored, fingerprint);
      missing = missing(stored, fingerprint);
    }
    if (missing.isEmpty()) {
      return;
    }
    List<Integer> untrained = missing;
    long pixels = (long) data.resolution() * data.resolution();
    Placement placement = Placement.of(context.device());
    ExpertPlan plan =
        ExpertPlan.of(config, network, missing.size(), pixels, context.threads(), placement);
    plan.requireRoom(context.directory().root());
    ExpertReports reports = new ExpertReports(context, experts.count(), stored.last());
    try (LibTorch.ThreadSettings threads = LibTorch.withThreads(context.threads());
        Whitening whitening = Whitening.of(config.data(), data, context, NAME);
        CoreSetImages images = CoreSetImages.load(config.data(), data, context, NAME, whitening)) {
      requireStart(images);
      ExpertJob job = new ExpertJob(config, network, images, fingerprint, context, reports);
      double seconds =
          new ExpertTiming(config, network, data, placement)
              .seconds(plan, images.size(), context.cancellation());
      context.listener().note(NAME, plan.words(seconds));
      reports.begin(experts.count() - missing.size(), anew(missing, fingerprint));
      plan.sideBySide()
          .run(
              missing.size(),
              context.cancellation(),
              (index, cancellation) -> job.train(untrained.get(index), cancellation));
    }
  }

  /**
   * Checks that the run whose experts are to be taken, if any, has such as this one would train.
   *
   * @throws InputException where it has not
   */
  public static void requireLender(Config config, Dataset data) {
    if (config.experts().from() != null) {
      BorrowedExperts.requireFit(config, data);
    }
  }

  /** How many experts of a configuration are to be trained, where none is, as far as files show. */
  public static int untrained(Config config) {
    return BorrowedExperts.untrained(config.experts());
  }

  private void borrow(List<Integer> missing, SortedSet<Integer> stored, Fingerprint fingerprint) {
    BorrowedExperts lender = new BorrowedExperts(experts.from(), context);
    int taken = lender.take(missing, stored, fingerprint, data);
    context
        .listener()
        .note(NAME, taken + " of " + experts.count() + " experts are those of " + experts.from());
  }

  /** Before hours of training: the images that will follow the experts start from real ones. */
  private void requireStart(CoreSetImages images) {
    DistillConfig distill = config.distill();
    if (DistillStage.startsFromImages(distill)) {
      images.requireEnough(distill.imagesPerClass());
    }
  }

  /** Numbers of the experts that have no file yet. */
  private List<Integer> missing(SortedSet<Integer> stored, Fingerprint fingerprint) {
    List<Integer> missing = new ArrayList<>();
    for (int expert = 0; expert < experts.count(); expert++) {
      if (isDone(expert, stored, fingerprint)) {
        // Left over where the process was killed just after the file was written.
        new ExpertCheckpoint(context.directory(), expert, fingerprint).clear();
      } else {
        missing.add(expert);
      }
    }
    return missing;
  }

  private boolean isDone(int expert, SortedSet<Integer> stored, Fingerprint fingerprint) {
    Path file = context.directory().resolve(ExpertFile.name(expert));
    if (!Files.exists(file)) {
      return false;
    }
    ExpertFile found = ExpertFile.openOwn(file);
    found.requireFingerprint(fingerprint, data);
    return found.epochs().containsAll(stored);
  }

  private Set<Integer> anew(List<Integer> missing, Fingerprint fingerprint) {
    return missing.stream()
        .filter(expert -> !new ExpertCheckpoint(context.directory(), expert, fingerprint).any())
        .collect(Collectors.toSet());
  }
}
