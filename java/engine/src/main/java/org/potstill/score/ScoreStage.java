package org.potstill.score;

import java.nio.file.Files;
import java.util.Map;
import org.potstill.config.Config;
import org.potstill.config.PublishedWeights;
import org.potstill.config.ScoreConfig;
import org.potstill.data.Dataset;
import org.potstill.errors.InputException;
import org.potstill.kernels.Kernels;
import org.potstill.net.ScorerResNet18;
import org.potstill.net.StateEntry;
import org.potstill.run.RunContext;
import org.potstill.tensor.Determinism;
import org.potstill.tensor.LibTorch;
import org.potstill.tensor.Placement;
import org.potstill.tensor.Precision;
import org.potstill.tensor.SideBySide;

/** The stage {@code score}: from the training images to {@code scores.csv}. */
public final class ScoreStage {

  /** Name of the stage, as the listener hears it. */
  public static final String NAME = "score";

  /** The key to lower where the memory of a GPU is full. */
  public static final String BATCH = "score.batch";

  private final Config config;
  private final Dataset data;
  private final RunContext context;
  private final Kernels kernels;

  /** A stage that reads and writes the directory of {@code context}. */
  public ScoreStage(Config config, Dataset data, RunContext context, Kernels kernels) {
    this.config = config;
    this.data = data;
    this.context = context;
    this.kernels = kernels;
  }

  /** What the checkpoints of a scoring take of the disk at most, while it goes on. */
  public static long checkpointBytes(Config config, Dataset data) {
    if (config.score().from() != null || !config.score().trained()) {
      return 0;
    }
    long parameters =
        ScorerResNet18.of(data.channels(), data.classNames().size()).state().stream()
            .mapToLong(StateEntry::size)
            .sum();
    // With velocities; the newest two are kept while the next one is written.
    return trainedAtOnce(config, data) * 3 * 2 * parameters * Float.BYTES;
  }

  /**
   * What the trainings of a scoring take on the CPU, which go on side by side, roughly, with the
   * images that all of them learn from.
   */
  public static long trainingBytes(Config config, Dataset data) {
    return PixelStore.bytes(data)
        + trainedAtOnce(config, data) * FoldScoring.trainingBytes(config, data);
  }

  /** What is held of the training images in the memory of the host while scorers are trained. */
  public static long heldBytes(Config config, Dataset data) {
    boolean trained = config.score().from() == null && config.score().trained();
    return trained ? PixelStore.bytes(data) : 0;
  }

  private static long trainedAtOnce(Config config, Dataset data) {
    return trainedSideBySide(config, data, Placement.CPU).workers();
  }

  /** How the scorers of the folds are trained, where any are. */
  public static SideBySide trainedSideBySide(Config config, Dataset data, Placement placement) {
    return FoldScoring.sideBySide(config, data, config.run().threadCount(), placement);
  }

  /**
   * Scores by pretrained weights, by a scorer trained on the data, or takes the scores of another
   * run; writes {@code scores.csv}, {@code left-out.csv} and {@code gallery/}. Checkpoints stay
   * until the stage is on record as finished.
   *
   * @return what was written to {@code scores.csv}
   * @throws InputException where weights, images or the other run cannot be used
   * @throws org.potstill.errors.RunFailedException where training diverges or the disk is full
   * @throws org.potstill.errors.RunCancelledException where the run was asked to stop
   */
  public Scores run() {
    // Pictures of an earlier scoring would stand beside those of this one.
    context.directory().clear(Gallery.FOLDER);
    if (config.score().from() != null) {
      return BorrowedScores.take(config.score().from(), data, context);
    }
    try (LibTorch.ThreadSettings threads = LibTorch.withThreads(context.threads())) {
      return config.score().trained()
          ? new FoldScoring(config, data, context, kernels).run(this::write)
          : new PretrainedScoring(config, data, context, kernels).run(this::write);
    }
  }

  private Scores write(Scored scored) {
    if (scored.scores().entries().isEmpty()) {
      throw new InputException("score: none of the training images can be read");
    }
    if (!scored.leftOut().reasons().isEmpty()) {
      context.listener().warning(NAME, scored.leftOut().words(""));
    }
    scored.leftOut().write(context.directory().resolve(LeftOut.FILE));
    scored.gallery().write(context.directory().resolve(Gallery.FOLDER), data, context);
    scored.scores().write(context.directory().resolve(Scores.FILE));
    return scored.scores();
  }

  /**
   * Checks that the files and the run that scoring is to take from are there.
   *
   * @throws InputException where one is not, the run is of another data set, or a class has no
   *     output in the pretrained scorer
   */
  public static void requireInputs(Config config, Dataset data) {
    ScoreConfig score = config.score();
    if (score.from() != null) {
      BorrowedScores.requireSameData(score.from(), data);
    } else if (score.weights() != null) {
      if (!Files.isRegularFile(score.weights())) {
        throw new InputException(
            "score.weights: there is no file "
                + score.weights()
                + "; "
                + PublishedWeights.scorerAdvice());
      }
      PretrainedScoring.outputs(config, data);
      PretrainedScoring.requireNetwork(score.weights());
    }
  }

  /** What a checkpoint depends on where a GPU computes. */
  static Map<String, String> device(Config config, RunContext context) {
    String device =
        Determinism.identity(config.run().deterministic(), Placement.of(context.device()));
    return device.isEmpty() ? Map.of() : Map.of("device", device);
  }

  /** What {@code score.precision} stands for where the run computes. */
  static Precision precision(Config config, RunContext context) {
    return Precision.of(
        config.score().precision(), "score.precision", Placement.of(context.device()));
  }
}
