package org.potstill.pipeline;

import org.potstill.config.Config;
import org.potstill.data.Dataset;
import org.potstill.distill.DistillStage;
import org.potstill.distill.ExpertEpochs;
import org.potstill.distill.Whitening;
import org.potstill.errors.InputException;
import org.potstill.evaluate.EvaluateStage;
import org.potstill.experts.ExpertsStage;
import org.potstill.prune.PruneStage;
import org.potstill.run.FolderNames;
import org.potstill.run.OtherRun;
import org.potstill.score.ScoreStage;

/**
 * What a configuration and its data set show before anything runs: so that no run fails after hours
 * by what could be seen at its start, and none that is to be overwritten is lost to a mistake.
 */
public final class Preflight {

  private Preflight() {}

  /**
   * Checks that every stage has what it needs, as far as can be told without reading an image.
   *
   * @throws InputException naming the first key or file that is wrong
   */
  public static void check(Config config, Dataset data) {
    requireFolderNames(data);
    Whitening.requireFit(config.data(), data);
    EvaluateStage.requireNetworks(config, data);
    if (Pipeline.needsScores(config)) {
      checkScore(config, data);
    }
    int[] kept = PruneStage.kept(config.prune(), data);
    if (Pipeline.needsExperts(config)) {
      ExpertEpochs.drawn(config);
      ExpertsStage.requireLender(config, data);
    }
    DistillStage.requireInputs(config, data, kept);
    checkEvaluate(config, data);
    EvaluateStage.requireLender(config);
  }

  /** The same for the stage {@code score} alone. */
  static void checkScore(Config config, Dataset data) {
    if (config.score().from() != null) {
      new OtherRun("score.from", config.score().from()).requireOtherThan(config.run().out());
    }
    ScoreStage.requireInputs(config, data);
  }

  /** The same for the stage {@code experts} alone, of a core-set with so many images per class. */
  static void checkExperts(Config config, Dataset data, int[] kept) {
    ExpertEpochs.drawn(config);
    ExpertsStage.requireLender(config, data);
    DistillStage.requireStart(config, data, kept);
  }

  /** The same for the stage {@code evaluate} alone. */
  static void checkEvaluate(Config config, Dataset data) {
    if (!Pipeline.needsScores(config)) {
      EvaluateStage.requireBaselinesWithoutLosses(config);
    }
    EvaluateStage.requireSplits(config, data);
  }

  /** Folders of pictures are named after the classes. */
  private static void requireFolderNames(Dataset data) {
    for (String name : FolderNames.of(data.classKeys())) {
      if (!FolderNames.canBeWritten(name)) {
        throw new InputException(
            "class '"
                + name
                + "' has characters that file names cannot have here ("
                + FolderNames.encoding()
                + "); set LC_ALL=C.UTF-8, or rename its folder");
      }
    }
  }
}
