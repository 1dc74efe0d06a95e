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
import org.potstill.run.FreeMemory;
import org.potstill.run.RunListener;
import org.potstill.score.ScoreStage;
import org.potstill.tensor.ImageMemory;
import org.potstill.tensor.Placement;
import org.potstill.tensor.TotalMemory;

/**
 * The images that a stage holds all at once: of a large data set they may be more than there is
 * memory, and lie in a file then, which would show only when the stage begins, hours later.
 */
final class HeldImages {

  private HeldImages() {}

  /**
   * What there is for images, in bytes.
   *
   * @param memory of the host that is free
   * @param disk that is left where the run directory is; 0 where that cannot be told
   * @param gpu all memory of the GPU that computes; without one, more than anything takes
   */
  record Room(long memory, long disk, long gpu) {

    /** What there is now; the run directory need not be there yet. */
    static Room of(Placement placement, Path out) {
      long gpu = placement.isCpu() ? Long.MAX_VALUE : TotalMemory.bytes(placement);
      return new Room(FreeMemory.bytes(), FreeDisk.bytes(out), gpu);
    }
  }

  /** Warns of every stage whose images do not fit. */
  static void warn(Config config, Dataset data, Room room, RunListener listener) {
    bytes(config, data)
        .forEach(
            (stage, bytes) -> {
              String place = place(stage, bytes, room);
              if (!place.isEmpty()) {
                listener.warning(
                    stage,
                    "its images take "
                        + ByteSizes.text(bytes)
                        + " of memory, and "
                        + place
                        + advice(stage, data.resolution()));
              }
            });
  }

  /** Where they do not fit, and what comes of it; empty where they do. */
  private static String place(String stage, long bytes, Room room) {
    // The scorer's are brought to the GPU by batches.
    if (!stage.equals(ScoreStage.NAME) && bytes > room.gpu()) {
      return "the GPU has "
          + ByteSizes.text(room.gpu())
          + ": compute on the CPU (run.device: cpu), ";
    }
    if (ImageMemory.holds(bytes, room.memory())) {
      return "";
    }
    String free = ByteSizes.text(room.memory()) + " are free";
    return room.disk() > 0 && bytes > room.disk()
        ? free + ", and " + ByteSizes.text(room.disk()) + " of the disk: "
        : free
            + ": they will lie in a file of the run directory, which may be slower; to hold them in"
            + " memory, ";
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
