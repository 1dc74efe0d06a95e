package org.potstill.pipeline;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.potstill.config.Config;
import org.potstill.data.Dataset;
import org.potstill.distill.DistillStage;
import org.potstill.evaluate.EvaluateStage;
import org.potstill.evaluate.EvaluationNeeds;
import org.potstill.prune.PruneStage;
import org.potstill.run.ByteSizes;
import org.potstill.run.FreeDisk;
import org.potstill.run.RunListener;
import org.potstill.score.ScoreStage;
import org.potstill.tensor.ImageMemory;

/**
 * The images that a stage holds all at once: of a large data set they may be more than there is
 * memory, and lie in a file then, which would show only when the stage begins, hours later.
 */
final class HeldImages {

  private HeldImages() {}

  /**
   * Warns of every stage whose images do not fit the memory.
   *
   * @param free memory, bytes
   * @param out the run directory, which need not be there yet
   */
  static void warn(Config config, Dataset data, long free, Path out, RunListener listener) {
    warn(config, data, free, FreeDisk.bytes(out), listener);
  }

  /** The same where the disk has {@code usable} bytes left; 0 where that cannot be told. */
  static void warn(Config config, Dataset data, long free, long usable, RunListener listener) {
    bytes(config, data)
        .forEach(
            (stage, bytes) -> {
              if (!ImageMemory.holds(bytes, free)) {
                String place =
                    usable > 0 && bytes > usable
                        ? ", and " + ByteSizes.text(usable) + " of the disk: "
                        : ": they will lie in a file of the run directory, which may be slower; to"
                            + " hold them in memory, ";
                listener.warning(
                    stage,
                    "its images take "
                        + ByteSizes.text(bytes)
                        + " of memory, and "
                        + ByteSizes.text(free)
                        + " are free"
                        + place
                        + advice(stage, data.resolution()));
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

  private static String advice(String stage, int resolution) {
    return "lower data.resolution ("
        + resolution
        + "), choose some of the classes by data.classes, or "
        + switch (stage) {
          case ScoreStage.NAME -> "set score.weights to a file, with which they are not held";
          case DistillStage.NAME -> "lower prune.keep";
          default -> "take herding, k-center and full out of evaluate.baselines";
        };
  }
}
