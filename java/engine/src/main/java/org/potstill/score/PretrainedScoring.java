package org.potstill.score;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;
import org.potstill.config.Config;
import org.potstill.data.Dataset;
import org.potstill.data.ImageLoader;
import org.potstill.data.ImageTransform;
import org.potstill.data.ImageTransforms;
import org.potstill.data.Normalisation;
import org.potstill.data.TrainingIdentity;
import org.potstill.kernels.Kernels;
import org.potstill.net.Network;
import org.potstill.net.ScorerResNet18;
import org.potstill.run.FileHashes;
import org.potstill.run.Fingerprint;
import org.potstill.run.RunContext;
import org.potstill.tensor.NamedTensors;
import org.potstill.tensor.Placement;
import org.potstill.weights.StateLoader;

/** Scores the training images by pretrained weights while the next ones are decoded. */
final class PretrainedScoring {

  private static final int CHANNELS = 3;
  private static final int OUTPUTS = 1000;
  private static final long NANOS_BETWEEN_CHECKPOINTS = 30_000_000_000L;

  private final Config config;
  private final Dataset data;
  private final RunContext context;
  private final Kernels kernels;
  private final int ahead;

  PretrainedScoring(Config config, Dataset data, RunContext context, Kernels kernels) {
    // While a GPU computes, the host hands it the next batch.
    this(config, data, context, kernels, Placement.of(context.device()).isCpu() ? 0 : 1);
  }

  /**
   * A scoring.
   *
   * @param ahead batches that may be on their way while the next one is begun
   */
  PretrainedScoring(Config config, Dataset data, RunContext context, Kernels kernels, int ahead) {
    this.ahead = ahead;
    this.config = config;
    this.data = data;
    this.context = context;
    this.kernels = kernels;
  }

  /**
   * Scores, from the newest checkpoint where there is one; the last one is left.
   *
   * @param writer writes what was found
   * @throws org.potstill.errors.InputException where the weights are damaged, of another network or
   *     not those that it began with, a class has no output, or an image cannot be read and may not
   *     be left out
   * @throws org.potstill.errors.RunCancelledException where the run was asked to stop; it goes on
   *     from there
   */
  Scores run(Function<Scored, Scores> writer) {
    long[] outputs = outputs(config, data);
    Path weights = config.score().weights();
    try (NamedTensors state = StateLoader.load(weights, network());
        BatchScorer scorer =
            new BatchScorer(
                state,
                CHANNELS,
                OUTPUTS,
                ScoreStage.precision(config, context),
                kernels,
                Placement.of(context.device()))) {
      ScoringCheckpoint checkpoint =
          new ScoringCheckpoint(
              context.directory().checkpoints(ScoreStage.NAME),
              hash(weights, outputs, TrainingIdentity.of(data, context.directory().stages())),
              hash(weights, outputs, data.fingerprint()),
              FileHashes.of(weights));
      return writer.apply(score(scorer, outputs, checkpoint));
    }
  }

  /**
   * The output of every class.
   *
   * @throws org.potstill.errors.InputException where one has none
   */
  static long[] outputs(Config config, Dataset data) {
    return ClassOutputs.of(data, config.data().classIndex(), OUTPUTS);
  }

  /**
   * Checks that a file holds the network that scores, as far as names and shapes tell.
   *
   * @throws org.potstill.errors.InputException where it does not
   */
  static void requireNetwork(Path weights) {
    StateLoader.requireFit(weights, network());
  }

  private static Network network() {
    return ScorerResNet18.of(CHANNELS, OUTPUTS);
  }

  /** Side length at which the images are scored. */
  private int resolution() {
    int asked = config.score().resolution();
    return asked == 0 ? data.resolution() : asked;
  }

  /** All that the losses depend on, the composition of the batches included. */
  private String hash(Path weights, long[] outputs, String images) {
    Map<String, String> values = new LinkedHashMap<>();
    values.put("data set", images);
    values.put("weights", FileHashes.of(weights));
    values.put("outputs", Arrays.toString(outputs));
    values.put("resolution", Integer.toString(resolution()));
    values.put("batch", Integer.toString(config.score().batch()));
    values.put("precision", config.score().precision());
    values.putAll(ScoreStage.device(config, context));
    return Fingerprint.of(values).hash();
  }

  private Scored score(BatchScorer scorer, long[] outputs, ScoringCheckpoint checkpoint) {
    ScoredSoFar found =
        new ScoredSoFar(
            data,
            config.score().batch(),
            checkpoint.restore(message -> context.listener().warning(ScoreStage.NAME, message)));
    if (!found.remaining().isEmpty()) {
      scoreRest(scorer, outputs, found, checkpoint);
    }
    return found.scored();
  }

  private void scoreRest(
      BatchScorer scorer, long[] outputs, ScoredSoFar found, ScoringCheckpoint checkpoint) {
    int total = data.training().size();
    ImageTransform transform = ImageTransforms.scorer(Normalisation.IMAGENET, resolution());
    try (ImageLoader loader =
            ImageLoader.of(data, transform)
                .records(found.remaining())
                .batch(config.score().batch())
                .threads(context.threads())
                .onBadImage(config.data().onBadImage(), found::leaveOut)
                .onDecoded(found::show)
                .start();
        BegunBatches begun = new BegunBatches(scorer, outputs)) {
      long saved = System.nanoTime();
      while (loader.hasNext() || begun.waits()) {
        begun.take(loader);
        begun.finish(ahead > 0 && loader.hasNext() ? ahead : 0, found::add);
        context.listener().progress(ScoreStage.NAME, "scoring", found.done(), total, "images");
        boolean cancelled = context.cancellation().isCancelled();
        if (cancelled || System.nanoTime() - saved > NANOS_BETWEEN_CHECKPOINTS) {
          checkpoint.save(found.position());
          saved = System.nanoTime();
        }
        context.cancellation().throwIfCancelled();
      }
    }
  }
}
