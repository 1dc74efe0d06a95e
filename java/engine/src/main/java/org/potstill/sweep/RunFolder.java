package org.potstill.sweep;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.potstill.config.Config;
import org.potstill.config.ConfigLoader;
import org.potstill.config.Sweep;
import org.potstill.errors.InputException;
import org.potstill.pipeline.ResumeRules;
import org.potstill.run.RunDirectory;
import org.potstill.run.StageLog;

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

  /** Whether a stage was finished and has left {@code file}; not so where it cannot be told. */
  boolean hasFinished(String stage, String file) {
    try {
      return StageLog.in(root).entry(stage).isPresent() && Files.isRegularFile(root.resolve(file));
    } catch (InputException e) {
      return false;
    }
  }
}
