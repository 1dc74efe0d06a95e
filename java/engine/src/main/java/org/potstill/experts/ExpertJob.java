package org.potstill.experts;

import java.nio.file.Path;
import java.util.SortedSet;
import org.bytedeco.javacpp.PointerScope;
import org.potstill.augment.SiameseAugmentation;
import org.potstill.config.Config;
import org.potstill.config.ExpertsConfig;
import org.potstill.distill.CoreSetImages;
import org.potstill.distill.ExpertEpochs;
import org.potstill.distill.ExpertFile;
import org.potstill.errors.RunFailedException;
import org.potstill.net.Network;
import org.potstill.random.Purpose;
import org.potstill.random.RandomStream;
import org.potstill.run.CancellationToken;
import org.potstill.run.Fingerprint;
import org.potstill.run.RunContext;
import org.potstill.tensor.NamedTensors;
import org.potstill.tensor.Placement;
import org.potstill.tensor.Precision;
import org.potstill.tensor.RowParts;

/** Trains experts of one setting; several may be trained at once. */
final class ExpertJob {

  private final ExpertsConfig config;
  private final SiameseAugmentation augmentation;
  private final Network network;
  private final CoreSetImages images;
  private final SortedSet<Integer> stored;
  private final Fingerprint fingerprint;
  private final RunContext context;
  private final ExpertReports reports;
  private final Precision precision;
  private final RowParts parts = new RowParts(ExpertsStage.NAME, ExpertsStage.BATCH);

  ExpertJob(
      Config config,
      Network network,
      CoreSetImages images,
      Fingerprint fingerprint,
      RunContext context,
      ExpertReports reports) {
    this.config = config.experts();
    this.augmentation = SiameseAugmentation.of(config.distill().augment());
    this.stored = ExpertEpochs.drawn(config);
    this.network = network;
    this.images = images;
    this.fingerprint = fingerprint;
    this.context = context;
    this.reports = reports;
    this.precision =
        Precision.of(
            this.config.trainingPrecision(),
            "experts.training-precision",
            Placement.of(context.device()));
  }

  /** Trains an expert from its checkpoint or from its beginning, and writes its file. */
  void train(int expert, CancellationToken cancellation) {
    try (PointerScope scope = new PointerScope();
        ExpertProgress progress = fresh(expert)) {
      ExpertTraining training =
          new ExpertTraining(
              images.all(),
              images.labels(),
              augmentation,
              ExpertDraws.of(context.seed(), expert),
              config.batch(),
              config.learningRate(),
              precision,
              parts);
      ExpertCheckpoint checkpoint = new ExpertCheckpoint(context.directory(), expert, fingerprint);
      int done = checkpoint.restore(progress, reports::warn);
      // Later ones would change nothing that is drawn; earlier versions trained them.
      int last = stored.last();
      if (done > 0) {
        reports.goesOn(expert, Math.min(done, last));
      }
      for (int epoch = done; epoch < last; epoch++) {
        epoch(training, progress, expert, epoch, cancellation);
        if (epoch + 1 < last) {
          checkpoint.save(progress, epoch + 1);
        } else {
          write(expert, progress, checkpoint);
        }
        reports.progress();
      }
      if (done >= last) {
        write(expert, progress, checkpoint);
      }
    }
  }

  private void write(int expert, ExpertProgress progress, ExpertCheckpoint checkpoint) {
    Path file = context.directory().resolve(ExpertFile.name(expert));
    ExpertFile.write(file, progress.snapshots(), fingerprint);
    checkpoint.clear();
  }

  private ExpertProgress fresh(int expert) {
    RandomStream random = RandomStream.of(context.seed(), Purpose.EXPERT_INITIALISATION, 0, expert);
    NamedTensors initial = Placement.of(context.device()).place(network.initialise(random));
    return new ExpertProgress(network, initial, config.momentum(), stored, config.precision());
  }

  private void epoch(
      ExpertTraining training,
      ExpertProgress progress,
      int expert,
      int epoch,
      CancellationToken cancellation) {
    long began = System.nanoTime();
    double loss;
    try {
      loss = training.epoch(progress.state(), progress.sgd(), epoch, cancellation);
    } catch (RunFailedException e) {
      throw new RunFailedException("expert " + expert + ": " + e.getMessage(), e);
    }
    progress.snap(epoch + 1);
    reports.epoch(expert, epoch + 1, loss, (System.nanoTime() - began) / 1e9);
  }
}
