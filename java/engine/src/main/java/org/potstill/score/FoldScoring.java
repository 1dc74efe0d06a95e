package org.potstill.score;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.potstill.config.Config;
import org.potstill.config.ScoreConfig;
import org.potstill.data.Dataset;
import org.potstill.data.ImageRecord;
import org.potstill.errors.InputException;
import org.potstill.errors.Listed;
import org.potstill.errors.RunFailedException;
import org.potstill.kernels.Kernels;
import org.potstill.net.BatchGradients;
import org.potstill.net.Network;
import org.potstill.net.Pass;
import org.potstill.net.ScorerResNet18;
import org.potstill.net.TrainingMemory;
import org.potstill.run.RunContext;
import org.potstill.tensor.Placement;
import org.potstill.tensor.SideBySide;

/**
 * Scores the training images out of fold: for every fold a ResNet-18 is trained on the images of
 * the others, so that no image is scored by a network that saw it. Folds are done side by side.
 */
final class FoldScoring {

  private final Config config;
  private final ScoreConfig score;
  private final Dataset data;
  private final RunContext context;
  private final Kernels kernels;

  FoldScoring(Config config, Dataset data, RunContext context, Kernels kernels) {
    this.config = config;
    this.score = config.score();
    this.data = data;
    this.context = context;
    this.kernels = kernels;
  }

  /** How the folds share the threads. */
  static SideBySide sideBySide(Config config, Dataset data, int threads, Placement placement) {
    return SideBySide.of(threads, config.score().folds(), trainingBytes(config, data))
        .on(placement);
  }

  /** What the training of one scorer takes, roughly. */
  static long trainingBytes(Config config, Dataset data) {
    Network network = ScorerResNet18.of(data.channels(), data.classKeys().size());
    long pixels = (long) data.resolution() * data.resolution();
    long batch = Math.min(config.score().batch(), data.training().size());
    long atOnce = BatchGradients.imagesAtOnce(network, batch, pixels, Pass.TRAIN);
    return TrainingMemory.bytes(network, atOnce, pixels);
  }

  /**
   * Trains and scores, every fold from its newest checkpoint where there is one; the losses of each
   * are left.
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
      float[] raw = outOfFold(store, folds);
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

  private float[] outOfFold(PixelStore store, Folds folds) {
    int images = store.records().size();
    FoldReports reports =
        new FoldReports(context, score.folds(), score.epochs(), steps(folds), images);
    FoldJob job = new FoldJob(config, data, context, kernels, store, folds, reports);
    float[] losses = new float[images];
    sideBySide(config, data, context.threads(), Placement.of(context.device()))
        .run(
            score.folds(),
            context.cancellation(),
            (fold, cancellation) -> {
              float[] found = job.run(fold, cancellation);
              int[] held = folds.in(fold);
              for (int i = 0; i < held.length; i++) {
                losses[held[i]] = found[i];
              }
            });
    return losses;
  }

  /** Of all trainings together; a fold without images needs none. */
  private long steps(Folds folds) {
    long steps = 0;
    for (int fold = 0; fold < score.folds(); fold++) {
      if (folds.in(fold).length > 0) {
        int images = folds.outside(fold).length;
        steps += (long) FoldTraining.stepsPerEpoch(images, score.batch()) * score.epochs();
      }
    }
    return steps;
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
}
