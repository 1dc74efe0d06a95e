package org.potstill.score;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.javacpp.PointerScope;
import org.potstill.config.Config;
import org.potstill.config.ScoreConfig;
import org.potstill.data.Dataset;
import org.potstill.data.ImageRecord;
import org.potstill.data.TrainingIdentity;
import org.potstill.errors.RunFailedException;
import org.potstill.kernels.Kernels;
import org.potstill.net.Network;
import org.potstill.net.NetworkTrainer;
import org.potstill.net.ScorerResNet18;
import org.potstill.net.Sgd;
import org.potstill.random.Purpose;
import org.potstill.random.RandomStream;
import org.potstill.run.CancellationToken;
import org.potstill.run.Fingerprint;
import org.potstill.run.RunContext;
import org.potstill.tensor.NamedTensors;
import org.potstill.tensor.Placement;
import org.potstill.tensor.Precision;
import org.potstill.tensor.RowParts;

/**
 * Trains the scorer of a fold on the images of the others and scores the fold's own. Several folds
 * may be done at once.
 */
final class FoldJob {

  private static final double MOMENTUM = 0.9;
  private static final double WEIGHT_DECAY = 5e-4;
  private static final long NANOS_BETWEEN_CHECKPOINTS = 30_000_000_000L;

  private final ScoreConfig score;
  private final Dataset data;
  private final RunContext context;
  private final Kernels kernels;
  private final PixelStore store;
  private final Folds folds;
  private final FoldReports reports;
  private final Network network;
  private final Precision precision;
  private final Placement placement;
  private final String hash;
  private final String earlierHash;
  private final RowParts parts = new RowParts(ScoreStage.NAME, ScoreStage.BATCH);

  FoldJob(
      Config config,
      Dataset data,
      RunContext context,
      Kernels kernels,
      PixelStore store,
      Folds folds,
      FoldReports reports) {
    this.score = config.score();
    this.data = data;
    this.context = context;
    this.kernels = kernels;
    this.store = store;
    this.folds = folds;
    this.reports = reports;
    network = ScorerResNet18.of(data.channels(), data.classKeys().size()).with(kernels);
    precision = ScoreStage.precision(config, context);
    placement = Placement.of(context.device());
    hash = hash(config, TrainingIdentity.of(data, context.directory().stages()));
    earlierHash = hash(config, data.fingerprint());
  }

  /** All that the networks depend on. */
  private String hash(Config config, String images) {
    Map<String, String> values = new LinkedHashMap<>();
    values.put("data set", images);
    values.put("left out", store.leftOut().reasons().keySet().toString());
    values.put("seed", Long.toString(context.seed()));
    values.put("batch", Integer.toString(score.batch()));
    values.put("epochs", Integer.toString(score.epochs()));
    values.put("folds", Integer.toString(score.folds()));
    values.put("learning rate", Double.toString(score.learningRate()));
    values.put("precision", score.precision());
    values.putAll(ScoreStage.device(config, context));
    return Fingerprint.of(values).hash();
  }

  /**
   * Does a fold, from its newest checkpoint where there is one.
   *
   * @return the losses of its images, in their order
   * @throws RunFailedException where the training diverges or a loss is not finite
   * @throws org.potstill.errors.RunCancelledException where it was asked to stop; it goes on from
   *     there
   */
  float[] run(int fold, CancellationToken cancellation) {
    int[] held = folds.in(fold);
    if (held.length == 0) {
      return new float[0];
    }
    ScorerCheckpoint checkpoint =
        new ScorerCheckpoint(context.directory(), fold, hash, earlierHash);
    FoldTraining training = training(fold);
    Optional<float[]> finished = checkpoint.finished(reports::warn);
    if (finished.isPresent()) {
      reports.goesOn(fold, score.epochs(), training.steps());
      reports.scored(fold, held.length);
      return finished.get();
    }
    ScorerCheckpoint.Position from =
        checkpoint.restore(reports::warn).orElseGet(() -> start(fold)).on(placement);
    try (NamedTensors state = from.state();
        NamedTensors velocity = from.velocity()) {
      reports.goesOn(fold, from.step() / training.stepsPerEpoch(), from.step());
      train(training, fold, from, checkpoint, cancellation);
      float[] losses = losses(fold, held, state, cancellation);
      checkpoint.finish(losses);
      return losses;
    }
  }

  private FoldTraining training(int fold) {
    return new FoldTraining(
        score, store, folds.outside(fold), fold, context.seed(), data.channels());
  }

  private ScorerCheckpoint.Position start(int fold) {
    RandomStream random = RandomStream.of(context.seed(), Purpose.SCORER_INITIALISATION, 0, fold);
    return new ScorerCheckpoint.Position(0, 0, network.initialise(random), new NamedTensors());
  }

  private void train(
      FoldTraining training,
      int fold,
      ScorerCheckpoint.Position from,
      ScorerCheckpoint checkpoint,
      CancellationToken cancellation) {
    EpochLog log = new EpochLog(fold, training, from.epochLoss());
    try (NetworkTrainer trainer =
        new NetworkTrainer(
            network,
            from.state(),
            new Sgd(MOMENTUM, WEIGHT_DECAY, kernels),
            Precision.F32,
            parts)) {
      trainer.optimiser().restore(from.velocity());
      long saved = System.nanoTime();
      for (long step = from.step(); step < training.steps(); step++) {
        log.stepDone(step, training.step(trainer, step));
        boolean due =
            System.nanoTime() - saved > NANOS_BETWEEN_CHECKPOINTS
                || step + 1 == training.steps()
                || cancellation.isCancelled();
        if (due) {
          checkpoint.save(log.position(step + 1, trainer));
          saved = System.nanoTime();
        }
        cancellation.throwIfCancelled();
      }
    }
  }

  private float[] losses(int fold, int[] held, NamedTensors state, CancellationToken cancellation) {
    float[] losses = new float[held.length];
    try (BatchScorer scorer =
        new BatchScorer(
            state, data.channels(), data.classKeys().size(), precision, kernels, placement)) {
      for (int begin = 0; begin < held.length; begin += score.batch()) {
        cancellation.throwIfCancelled();
        int[] rows = Arrays.copyOfRange(held, begin, Math.min(held.length, begin + score.batch()));
        long[] labels =
            Arrays.stream(rows).mapToLong(row -> store.records().get(row).classIndex()).toArray();
        try (PointerScope scope = new PointerScope()) {
          float[] found =
              scorer.losses((from, to) -> store.batch(Arrays.copyOfRange(rows, from, to)), labels);
          for (int i = 0; i < rows.length; i++) {
            losses[begin + i] = finite(found[i], store.records().get(rows[i]));
          }
        }
        reports.scored(fold, rows.length);
      }
    }
    return losses;
  }

  private static float finite(float loss, ImageRecord image) {
    if (!Float.isFinite(loss)) {
      throw new RunFailedException(
          "the trained scorer gives image '"
              + image.id()
              + "' a loss of "
              + loss
              + "; lower score.learning-rate");
    }
    return loss;
  }

  /** Adds up what the training of a fold finds, epoch by epoch. */
  private final class EpochLog {

    private final int fold;
    private final FoldTraining training;
    private double epochLoss;
    private long epochStart = System.nanoTime();

    EpochLog(int fold, FoldTraining training, double epochLoss) {
      this.fold = fold;
      this.training = training;
      this.epochLoss = epochLoss;
    }

    ScorerCheckpoint.Position position(long steps, NetworkTrainer trainer) {
      return new ScorerCheckpoint.Position(
          steps, epochLoss, trainer.state(), trainer.optimiser().velocity());
    }

    void stepDone(long step, double loss) {
      epochLoss += loss;
      reports.step(fold);
      if ((step + 1) % training.stepsPerEpoch() == 0) {
        double seconds = (System.nanoTime() - epochStart) / 1e9;
        long epoch = (step + 1) / training.stepsPerEpoch();
        reports.epoch(fold, epoch, epochLoss / training.size(), seconds);
        epochLoss = 0;
        epochStart = System.nanoTime();
      }
    }
  }
}
