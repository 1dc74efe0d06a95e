package org.potstill.score;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import org.bytedeco.javacpp.PointerScope;
import org.potstill.config.Config;
import org.potstill.config.ScoreConfig;
import org.potstill.data.Dataset;
import org.potstill.data.ImageRecord;
import org.potstill.errors.InputException;
import org.potstill.errors.Listed;
import org.potstill.errors.RunFailedException;
import org.potstill.kernels.Kernels;
import org.potstill.net.Network;
import org.potstill.net.NetworkTrainer;
import org.potstill.net.ScorerResNet18;
import org.potstill.net.Sgd;
import org.potstill.random.Purpose;
import org.potstill.random.RandomStream;
import org.potstill.run.Fingerprint;
import org.potstill.run.RunContext;
import org.potstill.tensor.NamedTensors;
import org.potstill.tensor.Placement;
import org.potstill.tensor.Precision;
import org.potstill.tensor.RowParts;

/**
 * Scores the training images out of fold: for every fold a ResNet-18 is trained on the images of
 * the others, so that no image is scored by a network that saw it.
 */
final class FoldScoring {

  private static final double MOMENTUM = 0.9;
  private static final double WEIGHT_DECAY = 5e-4;
  private static final long NANOS_BETWEEN_CHECKPOINTS = 30_000_000_000L;

  private final Config config;
  private final ScoreConfig score;
  private final Dataset data;
  private final RunContext context;
  private final Kernels kernels;
  private final Network network;
  private final Precision precision;
  private final RowParts parts = new RowParts(ScoreStage.NAME, ScoreStage.BATCH);

  FoldScoring(Config config, Dataset data, RunContext context, Kernels kernels) {
    this.config = config;
    this.score = config.score();
    this.data = data;
    this.context = context;
    this.kernels = kernels;
    precision = ScoreStage.precision(config, context);
    network = ScorerResNet18.of(data.channels(), data.classKeys().size()).with(kernels);
  }

  /**
   * Trains and scores, from the newest checkpoint where there is one; the last one is left.
   *
   * @param writer writes what was found
   * @throws InputException where an image cannot be read and may not be left out, or there are too
   *     few
   * @throws RunFailedException where a training diverges
   * @throws org.potstill.errors.RunCancelledException where the run was asked to stop; it goes on
   *     from there
   */
  Scores run(Function<Scored, Scores> writer) {
    try (PixelStore store = PixelStore.load(config, data, context)) {
      int[] classOf = store.records().stream().mapToInt(ImageRecord::classIndex).toArray();
      int classes = data.classKeys().size();
      if (classOf.length < 2) {
        throw new InputException(
            "score.weights: train needs at least two images, one to train on and one to score");
      }
      warnOfSmallClasses(classOf);
      Folds folds = Folds.of(classOf, classes, score.folds(), context.seed());
      ScorerCheckpoint checkpoint =
          new ScorerCheckpoint(context.directory().checkpoints(ScoreStage.NAME), hash(store));
      float[] raw = outOfFold(store, folds, checkpoint);
      float[] losses = QuantileMatching.apply(raw, classOf, folds.foldOf(), classes, score.folds());
      return writer.apply(scored(store, losses));
    }
  }

  /**
   * The losses of a fold are compared with those of the others at their ranks, of which it has few.
   */
  private void warnOfSmallClasses(int[] classOf) {
    int[] images = new int[data.classKeys().size()];
    for (int c : classOf) {
      images[c]++;
    }
    List<String> small = new ArrayList<>();
    for (int c = 0; c < images.length; c++) {
      if (images[c] > 0 && images[c] < 2 * score.folds()) {
        small.add(data.classKeys().get(c));
      }
    }
    if (!small.isEmpty()) {
      context
          .listener()
          .warning(
              ScoreStage.NAME,
              "score.folds: "
                  + score.folds()
                  + " leaves fewer than two images per fold in "
                  + Listed.some(small)
                  + ": easy images are hardly distinguished from hard ones"
                  + (score.folds() > 2 ? "; lower it" : ""));
    }
  }

  /** All that the networks depend on. */
  private String hash(PixelStore store) {
    Map<String, String> values = new LinkedHashMap<>();
    values.put("data set", data.fingerprint());
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

  private float[] outOfFold(PixelStore store, Folds folds, ScorerCheckpoint checkpoint) {
    ScorerCheckpoint.Position position =
        checkpoint
            .restore(message -> context.listener().warning(ScoreStage.NAME, message))
            .orElseGet(() -> start(0, unscored(store.records().size())));
    float[] losses = position.losses();
    context.directory().metrics().cutBack(ScoreStage.NAME, epochsDone(position, folds));
    for (int fold = position.fold(); fold < score.folds(); fold++) {
      if (fold > position.fold()) {
        position = start(fold, losses);
      }
      position = position.on(Placement.of(context.device()));
      try (NamedTensors state = position.state();
          NamedTensors velocity = position.velocity()) {
        if (folds.in(fold).length > 0) {
          train(store, folds, checkpoint, position);
          score(store, folds.in(fold), state, losses);
        }
      }
    }
    return losses;
  }

  private static float[] unscored(int size) {
    float[] losses = new float[size];
    Arrays.fill(losses, Float.NaN);
    return losses;
  }

  private ScorerCheckpoint.Position start(int fold, float[] losses) {
    RandomStream random = RandomStream.of(context.seed(), Purpose.SCORER_INITIALISATION, 0, fold);
    return new ScorerCheckpoint.Position(
        fold, 0, 0, losses, network.initialise(random), new NamedTensors());
  }

  private FoldTraining training(PixelStore store, Folds folds, int fold) {
    return new FoldTraining(
        score, store, folds.outside(fold), fold, context.seed(), data.channels());
  }

  private long epochsDone(ScorerCheckpoint.Position position, Folds folds) {
    int images = folds.outside(position.fold()).length;
    long stepsPerEpoch = FoldTraining.stepsPerEpoch(images, score.batch());
    return (long) position.fold() * score.epochs() + position.step() / stepsPerEpoch;
  }

  private void train(
      PixelStore store, Folds folds, ScorerCheckpoint checkpoint, ScorerCheckpoint.Position from) {
    int fold = from.fold();
    FoldTraining training = training(store, folds, fold);
    EpochLog log = new EpochLog(fold, training, from.epochLoss());
    try (NetworkTrainer trainer =
        new NetworkTrainer(
            network, from.state(), new Sgd(MOMENTUM, WEIGHT_DECAY), Precision.F32, parts)) {
      trainer.optimiser().restore(from.velocity());
      long saved = System.nanoTime();
      for (long step = from.step(); step < training.steps(); step++) {
        log.stepDone(step, training.step(trainer, step));
        boolean due =
            System.nanoTime() - saved > NANOS_BETWEEN_CHECKPOINTS
                || step + 1 == training.steps()
                || context.cancellation().isCancelled();
        if (due) {
          // No fold takes more steps than there are images, epoch after epoch.
          long number = (long) fold * from.losses().length * score.epochs() + step + 1;
          checkpoint.save(number, log.position(step + 1, from.losses(), trainer));
          saved = System.nanoTime();
        }
        context.cancellation().throwIfCancelled();
      }
    }
  }

  private void score(PixelStore store, int[] held, NamedTensors state, float[] losses) {
    try (BatchScorer scorer =
        new BatchScorer(
            state,
            data.channels(),
            data.classKeys().size(),
            precision,
            kernels,
            Placement.of(context.device()))) {
      for (int begin = 0; begin < held.length; begin += score.batch()) {
        context.cancellation().throwIfCancelled();
        int[] rows = Arrays.copyOfRange(held, begin, Math.min(held.length, begin + score.batch()));
        long[] labels =
            Arrays.stream(rows).mapToLong(row -> store.records().get(row).classIndex()).toArray();
        try (PointerScope scope = new PointerScope()) {
          float[] found =
              scorer.losses((from, to) -> store.batch(Arrays.copyOfRange(rows, from, to)), labels);
          for (int i = 0; i < rows.length; i++) {
            losses[rows[i]] = finite(found[i], store.records().get(rows[i]));
          }
        }
        int done = Math.min(held.length, begin + score.batch());
        context.listener().progress(ScoreStage.NAME, "scoring", done, held.length, "images");
      }
    }
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

  private Scored scored(PixelStore store, float[] losses) {
    List<Scores.Entry> entries = new ArrayList<>();
    Gallery gallery = new Gallery(data.classKeys().size());
    for (int i = 0; i < losses.length; i++) {
      ImageRecord image = store.records().get(i);
      String key = data.classKeys().get(image.classIndex());
      entries.add(new Scores.Entry(image.id(), key, losses[i]));
      int row = i;
      gallery.offer(
          i, image.id(), image.classIndex(), losses[i], () -> Thumbnail.of(store.picture(row)));
    }
    return new Scored(new Scores(entries), store.leftOut(), gallery);
  }

  /** Tells the listener and the metrics how the training of a fold gets on. */
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

    ScorerCheckpoint.Position position(long steps, float[] losses, NetworkTrainer trainer) {
      return new ScorerCheckpoint.Position(
          fold, steps, epochLoss, losses, trainer.state(), trainer.optimiser().velocity());
    }

    void stepDone(long step, double loss) {
      epochLoss += loss;
      String task = String.format(Locale.ROOT, "training scorer %d of %d", fold + 1, score.folds());
      context.listener().progress(ScoreStage.NAME, task, step + 1, training.steps(), "steps");
      if ((step + 1) % training.stepsPerEpoch() == 0) {
        double mean = epochLoss / training.size();
        double seconds = (System.nanoTime() - epochStart) / 1e9;
        long epoch = (long) fold * score.epochs() + (step + 1) / training.stepsPerEpoch();
        context.directory().metrics().append(ScoreStage.NAME, epoch, seconds, Map.of("loss", mean));
        context.listener().metric(ScoreStage.NAME, epoch, "loss", mean);
        epochLoss = 0;
        epochStart = System.nanoTime();
      }
    }
  }
}
