package org.potstill.pipeline;

import java.util.LinkedHashMap;
import java.util.Map;
import org.potstill.config.Config;
import org.potstill.data.Dataset;
import org.potstill.distill.DistillStage;
import org.potstill.evaluate.EvaluateStage;
import org.potstill.evaluate.EvaluationNeeds;
import org.potstill.prune.PruneStage;
import org.potstill.run.ByteSizes;
import org.potstill.run.RunListener;
import org.potstill.score.ScoreStage;

/**
 * The images that a stage holds in memory all at once: of a large data set they may be more than
 * there is, which would show only when the stage begins, hours later.
 */
final class HeldImages {

  private HeldImages() {}

  /**
   * Warns of every stage whose images do not fit.
   *
   * @param free memory, bytes
   */
  static void warn(Config config, Dataset data, long free, RunListener listener) {
    bytes(config, data)
        .forEach(
            (stage, bytes) -> {
              if (bytes > free) {
                listener.warning(stage, words(stage, bytes, free, data.resolution()));
              }
            });
  }

  private static Map<String, Long> bytes(Config config, Dataset data) {
    long image = (long) data.channels() * data.resolution() * data.resolution() * Float.BYTES;
    long measured = data.test().size() + EvaluationNeeds.imagesOfBaselines(config, data);
    Map<String, Long> bytes = new LinkedHashMap<>();
    if (Pipeline.needsScores(config)) {
      bytes.put(ScoreStage.NAME, ScoreStage.heldBytes(config, data));
    }
    bytes.put(DistillStage.NAME, PruneStage.expectedSize(config.prune(), data) * image);
    bytes.put(EvaluateStage.NAME, measured * image);
    return bytes;
  }

  private static String words(String stage, long bytes, long free, int resolution) {
    return "its images take "
        + ByteSizes.text(bytes)
        + " of memory, and "
        + ByteSizes.text(free)
        + " are free: lower data.resolution ("
        + resolution
        + "), choose some of the classes by data.classes, or "
        + switch (stage) {
          case ScoreStage.NAME -> "set score.weights to a file, with which they are not held";
          case DistillStage.NAME -> "lower prune.keep";
          default -> "take herding, k-center and full out of evaluate.baselines";
        };
  }
}
