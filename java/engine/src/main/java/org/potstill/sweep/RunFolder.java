package org.potstill.sweep;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.potstill.config.Config;
import org.potstill.config.ConfigLoader;
import org.potstill.config.ConfigValues;
import org.potstill.config.Sweep;
import org.potstill.errors.InputException;
import org.potstill.pipeline.ResumeRules;
import org.potstill.run.RunDirectory;
import org.potstill.run.StageLog;
import org.potstill.score.ScoreStage;
import org.potstill.score.Scores;

/** What the directory of a run of a sweep holds; a damaged one is a matter of its own run alone. */
final class RunFolder {

  private final Path root;

  RunFolder(Sweep.Run run) {
    root = run.config().run().out();
  }

  /** The directory. */
  Path root() {
    return root;
  }

  /** Whether there is anything to continue; so where that cannot be told. */
  boolean isBegun() {
    try {
      return RunDirectory.holdsWork(root);
    } catch (InputException e) {
      return true;
    }
  }

  /** The configuration that it was begun with; empty where it cannot be told. */
  Optional<Config> begunWith() {
    Path file = root.resolve(ResumeRules.CONFIG_FILE);
    try {
      return Files.exists(file)
          ? Optional.of(ConfigLoader.load(file, List.of()))
          : Optional.empty();
    } catch (InputException e) {
      return Optional.empty();
    }
  }

  /** Whether it has scores that a run of {@code config} would make as well. */
  boolean hasScoresOf(Config config) {
    return hasScored()
        && begunWith().map(made -> scoring(made).equals(scoring(config))).orElse(false);
  }

  private boolean hasScored() {
    try {
      return StageLog.in(root).entry(ScoreStage.NAME).isPresent()
          && Files.isRegularFile(root.resolve(Scores.FILE));
    } catch (InputException e) {
      return false;
    }
  }

  /** All settings that scores depend on. */
  private static Map<String, String> scoring(Config config) {
    Map<String, String> values = new TreeMap<>(ConfigValues.of(config));
    values.keySet().removeIf(key -> !isOfScoring(key));
    return values;
  }

  /** Who lent them does not matter: what is lent is what was asked for. */
  private static boolean isOfScoring(String key) {
    boolean own = key.startsWith("score.") && !key.equals("score.from");
    return own
        || key.startsWith("data.")
        || (key.startsWith("run.") && !key.equals("run.name") && !key.equals("run.out"));
  }
}
