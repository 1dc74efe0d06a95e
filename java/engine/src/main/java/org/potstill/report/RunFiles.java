package org.potstill.report;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.potstill.errors.InputException;
import org.potstill.run.ConfigText;
import org.potstill.run.JsonErrors;
import org.potstill.run.RunDirectory;
import org.potstill.run.StageLog;

/**
 * Everything that the report takes from a run directory.
 *
 * @param root the run directory
 * @param config the resolved configuration
 * @param scores losses of all images and of the kept ones, by class
 * @param leftOut images that could not be read
 * @param metrics logged steps
 * @param stages finished stages with their seconds; may be empty
 * @param evaluation accuracies, null where the run was not evaluated
 * @param distilled the synthetic images
 * @param earlier the synthetic images at their start and on the way, in that order; may be empty
 * @param gallery thumbnails of easy and hard images; may be empty
 * @param versions what the run stands on
 * @param warnings what was wrong with an optional file, in sentences
 */
record RunFiles(
    Path root,
    ConfigText config,
    ScoreTable scores,
    List<LeftOut> leftOut,
    LossLog metrics,
    Map<String, StageLog.Entry> stages,
    Evaluation evaluation,
    ImageSet distilled,
    List<ImageSet> earlier,
    List<GalleryImage> gallery,
    Map<String, String> versions,
    List<String> warnings) {

  /**
   * Reads a run directory.
   *
   * @throws InputException where a file that the report cannot do without is missing or broken
   */
  static RunFiles read(RunDirectory directory, Map<String, String> currentVersions) {
    Path root = directory.root();
    List<String> warnings = new ArrayList<>();
    ConfigText config = ConfigText.read(required(root, ConfigText.FILE, "run"));
    Path distilled = required(root, "distilled/distilled.safetensors", "distill");
    OptionalFiles optional = new OptionalFiles(root, warnings);
    Map<String, StageLog.Entry> stages = optional.stages(directory.stages());
    Evaluation evaluation = optional.evaluation();
    return new RunFiles(
        root,
        config,
        scores(root, config),
        optional.leftOut(),
        optional.metrics(),
        stages,
        evaluation,
        ImageSet.read(distilled, iterations(config, evaluation)),
        optional.earlierImages(),
        optional.gallery(),
        optional.versions(stages, currentVersions),
        warnings);
  }

  /** Losses by class, in the order of the scores. */
  List<ScoreTable.ClassLosses> classLosses() {
    return scores.classes(distilled::displayName);
  }

  /**
   * How many images there were to keep from: all that were scored or, where none were, those that
   * the stage {@code prune} noted. Runs of earlier builds did not note them: 0 then, unless all
   * were kept.
   */
  long imagesIn() {
    if (scores.images() > 0) {
      return scores.images();
    }
    return metrics.prunedFrom() == 0 && keepsAll() ? scores.keptImages() : metrics.prunedFrom();
  }

  private boolean keepsAll() {
    String keep = config.text("prune.keep", "");
    return config.text("prune.mode", "easy").equals("none") || keep.matches("1(\\.0*)?");
  }

  /**
   * The network whose accuracy stands at the head: the one that distilled, else the first; empty
   * where there is none.
   */
  String headNetwork() {
    return HeadFigures.network(config, evaluation);
  }

  /** The iteration of the result: the one chosen by evaluation, else the last. */
  private static long iterations(ConfigText config, Evaluation evaluation) {
    if (evaluation != null && evaluation.selectedIteration() > 0) {
      return evaluation.selectedIteration();
    }
    String last = config.text("distill.iterations", "");
    return last.matches("\\d{1,18}") ? Long.parseLong(last) : Long.MAX_VALUE;
  }

  private static ScoreTable scores(Path root, ConfigText config) {
    boolean unranked = Set.of("none", "random").contains(config.text("prune.mode", "easy"));
    if (unranked && !Files.exists(root.resolve("scores.csv"))) {
      Path coreset = root.resolve("coreset.csv");
      return Files.exists(coreset) ? ScoreTable.unscored(coreset) : new ScoreTable();
    }
    return ScoreTable.read(
        required(root, "scores.csv", "score"), required(root, "coreset.csv", "prune"));
  }

  private static Path required(Path root, String name, String stage) {
    Path file = root.resolve(name);
    if (!Files.isRegularFile(file)) {
      throw new InputException(
          "the report needs " + file + ", which is missing; run the stage '" + stage + "' first");
    }
    return file;
  }

  /** An error about a file that is there and cannot be used. */
  static InputException broken(Path file, IOException cause) {
    return new InputException("cannot read " + file + ": " + JsonErrors.reason(cause), cause);
  }

  /**
   * An image that was left out.
   *
   * @param id below the source
   * @param reason why it could not be read
   */
  record LeftOut(String id, String reason) {}

  /**
   * A thumbnail kept by the scoring.
   *
   * @param file the picture
   * @param id of the image below the source
   * @param className its class
   * @param loss its loss
   * @param easy whether it is one of the easiest, else one of the hardest
   */
  record GalleryImage(Path file, String id, String className, double loss, boolean easy) {}
}
