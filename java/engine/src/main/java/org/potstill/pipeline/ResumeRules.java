package org.potstill.pipeline;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import org.potstill.config.Config;
import org.potstill.config.ConfigDiff;
import org.potstill.config.ConfigLoader;
import org.potstill.config.KeyRoles;
import org.potstill.errors.InputException;
import org.potstill.net.Networks;
import org.potstill.run.ConfigText;
import org.potstill.run.FileHashes;
import org.potstill.run.RunDirectory;
import org.potstill.run.StageLog;

/** Which keys of the configuration may change when a run is continued. */
public final class ResumeRules {

  private static final Set<String> GROWING = Set.of("distill.iterations", "experts.count");

  private ResumeRules() {}

  /**
   * Checks that {@code now} continues the run in the directory {@code root}: paths and the machine
   * may differ, the evaluation may change, iterations may be added.
   *
   * @throws InputException naming another key that changed
   */
  public static void check(Path root, Config now) {
    check(root, now, key -> true);
  }

  /**
   * The same of some of the keys.
   *
   * @param counts whether a key may not change
   */
  static void check(Path root, Config now, Predicate<String> counts) {
    Path file = root.resolve(ConfigText.FILE);
    if (!Files.exists(file) || !RunDirectory.holdsWork(root)) {
      return;
    }
    Config before = before(root, file);
    List<ConfigDiff.Change> others =
        ConfigDiff.changedKeys(before, now).stream()
            .filter(change -> counts.test(change.path()))
            .filter(change -> !mayChange(change) && !hasMoved(change, before, now))
            .toList();
    // Defaults of many keys follow the method, of which the user knows.
    Optional<ConfigDiff.Change> told =
        others.stream()
            .filter(change -> change.path().equals("distill.method"))
            .findFirst()
            .or(() -> others.stream().findFirst());
    if (told.isPresent()) {
      ConfigDiff.Change change = told.get();
      throw new InputException(
          change.path()
              + " was "
              + change.before()
              + " in "
              + root
              + " and is now "
              + change.after()
              + "; a run is continued with the configuration it began with (only"
              + " distill.iterations and experts.count may grow, and evaluate, experts.from and the"
              + " machine may change): undo the change, use --overwrite, or choose another --out");
    }
  }

  /** What a config of the user's own would need is no help with the one that the run wrote. */
  private static Config before(Path root, Path file) {
    try {
      return ConfigLoader.load(file, List.of());
    } catch (InputException e) {
      List<String> lines = e.getMessage().lines().map(String::strip).toList();
      String reason = lines.size() == 1 ? lines.get(0).split(";", 2)[0] : String.join(" ", lines);
      boolean ownNetwork = e.getMessage().contains(Networks.OF_ONES_OWN);
      throw new InputException(
          "the configuration that the run began with is not known: "
              + reason
              + (ownNetwork
                  ? "; a network of your own must be on the class path (docs/networks.md); if the"
                      + " file is another, put it back, or "
                  : "; put it back, or ")
              + (StageLog.in(root).entries().isEmpty()
                  ? "start anew with --overwrite"
                  : "delete it: finished stages and checkpoints keep by themselves what made them"),
          e);
    }
  }

  private static boolean mayChange(ConfigDiff.Change change) {
    String path = change.path();
    if (KeyRoles.PLACES.contains(path)
        || KeyRoles.MACHINE.contains(path)
        || path.startsWith("evaluate.")) {
      return true;
    }
    boolean numbers = isNumber(change.before()) && isNumber(change.after());
    return GROWING.contains(path)
        && numbers
        && Long.parseLong(change.after()) > Long.parseLong(change.before());
  }

  /**
   * Whether what a key names is the same in another place, as far as can be told: what was named
   * before may be gone. What finished stages and checkpoints were made with is compared later.
   */
  private static boolean hasMoved(ConfigDiff.Change change, Config before, Config now) {
    if (!change.isOfContent()) {
      return false;
    }
    Path was = RunIdentity.contents(before).get(change.path());
    Path is = RunIdentity.contents(now).get(change.path());
    return !Files.isRegularFile(was)
        || !Files.isRegularFile(is)
        || FileHashes.of(was).equals(FileHashes.of(is));
  }

  /** Not where the key is of a method that one of the two does not use. */
  private static boolean isNumber(String value) {
    return value.matches("\\d+");
  }
}
