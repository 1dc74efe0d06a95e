package org.potstill.pipeline;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.potstill.config.Config;
import org.potstill.config.ConfigDiff;
import org.potstill.config.ConfigLoader;
import org.potstill.errors.InputException;
import org.potstill.run.RunDirectory;

/** Which keys of the configuration may change when a run is continued. */
public final class ResumeRules {

  /** The configuration of a run, in its directory. */
  public static final String CONFIG_FILE = "config.yaml";

  /**
   * Keys that only say where things are: what the images are is in the data set's fingerprint, and
   * experts and trainings of another run are taken only where this one would make the same.
   */
  static final Set<String> PLACES =
      Set.of("run.name", "run.out", "data.source", "experts.from", "evaluate.from");

  private static final Set<String> GROWING = Set.of("distill.iterations", "experts.count");

  private ResumeRules() {}

  /**
   * Checks that {@code now} continues the run in the directory {@code root}: paths of the output
   * may differ, the evaluation may change, iterations may be added.
   *
   * @throws InputException naming the first other key that changed
   */
  public static void check(Path root, Config now) {
    Path file = root.resolve(CONFIG_FILE);
    if (!Files.exists(file) || !RunDirectory.holdsWork(root)) {
      return;
    }
    Config before = ConfigLoader.load(file, List.of());
    for (ConfigDiff.Change change : ConfigDiff.changedKeys(before, now)) {
      if (!mayChange(change)) {
        throw new InputException(
            change.path()
                + " was "
                + change.before()
                + " in "
                + root
                + " and is now "
                + change.after()
                + "; a run is continued with the configuration it began with (only"
                + " distill.iterations and experts.count may grow, and evaluate may change): undo the change, use"
                + " --overwrite, or choose another --out");
      }
    }
  }

  private static boolean mayChange(ConfigDiff.Change change) {
    String path = change.path();
    if (PLACES.contains(path) || path.startsWith("evaluate.")) {
      return true;
    }
    return GROWING.contains(path)
        && Long.parseLong(change.after()) > Long.parseLong(change.before());
  }
}
