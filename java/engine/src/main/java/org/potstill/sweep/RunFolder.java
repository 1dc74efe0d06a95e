package org.potstill.sweep;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.potstill.config.Config;
import org.potstill.config.ConfigLoader;
import org.potstill.config.Sweep;
import org.potstill.errors.InputException;
import org.potstill.pipeline.RunIdentity;
import org.potstill.report.ReportStage;
import org.potstill.run.ConfigText;
import org.potstill.run.RunDirectory;
import org.potstill.run.StageLog;

/** What the directory of a run of a sweep holds; a damaged one is a matter of its own run alone. */
final class RunFolder {

  private final Path root;
  private String read = "";
  private Optional<Config> config = Optional.empty();

  /**
   * What a run was begun with.
   *
   * @param config its configuration
   * @param values what it was made of, by key path
   */
  record Made(Config config, Map<String, String> values) {}

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

  /** Whether nothing is left to do, as far as its record tells. */
  boolean isFinished() {
    return finished(ReportStage.NAME).isPresent();
  }

  /** What it was begun with; empty where it cannot be told. */
  Optional<Made> made() {
    try {
      return config().map(begun -> new Made(begun, RunIdentity.asMade(begun, root)));
    } catch (InputException e) {
      return Optional.empty();
    }
  }

  /**
   * Its configuration, read again only where that changed; empty where it cannot be told. A sweep
   * asks every run about every other one.
   */
  Optional<Config> config() {
    Path file = root.resolve(ConfigText.FILE);
    try {
      String now =
          Files.exists(file) ? Files.getLastModifiedTime(file) + " " + Files.size(file) : "";
      if (!now.equals(read)) {
        config = now.isEmpty() ? Optional.empty() : Optional.of(ConfigLoader.load(file, List.of()));
        read = now;
      }
    } catch (InputException | IOException e) {
      config = Optional.empty();
      read = "";
    }
    return config;
  }

  /** The record of a stage; empty where it was not finished, and where that cannot be told. */
  Optional<StageLog.Entry> finished(String stage) {
    try {
      return StageLog.in(root).entry(stage);
    } catch (InputException e) {
      return Optional.empty();
    }
  }

  /** Whether it has left a file. */
  boolean has(String file) {
    return Files.isRegularFile(root.resolve(file));
  }
}
