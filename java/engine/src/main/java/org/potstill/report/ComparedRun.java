package org.potstill.report;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.potstill.errors.InputException;
import org.potstill.run.ConfigText;
import org.potstill.run.DistilledFrom;
import org.potstill.run.StageLog;

/**
 * What a page of several runs takes from each of them.
 *
 * @param root the run directory
 * @param config the resolved configuration
 * @param distill the record of the stage that made the images
 * @param evaluation accuracies, null where the run was not evaluated
 * @param distilled the synthetic images
 * @param warnings what was wrong with an optional file, in sentences
 */
record ComparedRun(
    Path root,
    ConfigText config,
    StageLog.Entry distill,
    Evaluation evaluation,
    ImageSet distilled,
    List<String> warnings) {

  private static final String STAGE = "distill";
  private static final String EVALUATE = "evaluate";

  /**
   * Reads a run directory, which another process may hold.
   *
   * @throws InputException where it is no run directory, its images are not finished, or a file
   *     that the page cannot do without is broken
   */
  static ComparedRun read(Path root) {
    Path file = root.resolve(ConfigText.FILE);
    if (!Files.isRegularFile(file)) {
      throw new InputException(root + " is not a run directory: it holds no config.yaml");
    }
    ConfigText config = ConfigText.read(file);
    StageLog.Entry distill =
        StageLog.in(root)
            .entry(STAGE)
            .orElseThrow(
                () ->
                    new InputException(
                        root
                            + " is not finished: its stage 'distill' has not ended; 'run' with"
                            + " --resume continues it"));
    Path images = root.resolve("distilled/distilled.safetensors");
    if (!Files.isRegularFile(images)) {
      throw new InputException(
          images
              + " is missing, though stage 'distill' wrote it; put it back or leave the run out");
    }
    List<String> warnings = new ArrayList<>();
    // One that is not on record is of other images: of an earlier iteration, or from elsewhere.
    boolean evaluated = StageLog.in(root).entry(EVALUATE).isPresent();
    Evaluation evaluation = evaluated ? new OptionalFiles(root, warnings).evaluation() : null;
    return new ComparedRun(
        root, config, distill, evaluation, ImageSet.read(images, 0), List.copyOf(warnings));
  }

  /** Images by the key of their class, in the order of the labels. */
  Map<String, List<Integer>> imagesByClass() {
    Map<String, List<Integer>> classes = new LinkedHashMap<>();
    for (List<Integer> group : distilled.byClass()) {
      classes.put(distilled.classKey(group.get(0)), group);
    }
    return classes;
  }

  /**
   * Checks that {@code other} was distilled from the same images.
   *
   * @throws InputException where it was not
   */
  void requireSameData(ComparedRun other) {
    data().requireSame(other.data(), "side by side stand runs on the same images");
  }

  /** What it was distilled from. */
  DistilledFrom data() {
    return new DistilledFrom(root, config);
  }
}
