package org.potstill.config;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What differs between two configurations. */
public final class ConfigDiff {

  private static final String NOT_SET = "not set";

  /** What stands in the place of a file or folder. */
  private static final Set<String> NO_FILE = Set.of("train", "none", NOT_SET);

  private ConfigDiff() {}

  /**
   * A key whose value differs.
   *
   * @param path of the key
   * @param before its value in the first configuration
   * @param after its value in the second
   */
  public record Change(String path, String before, String after) {

    /** Whether both name something that may be the same in another place. */
    public boolean isOfContent() {
      return KeyRoles.CONTENTS.contains(path)
          && !NO_FILE.contains(before)
          && !NO_FILE.contains(after);
    }
  }

  /** The keys whose values differ, in the order of the documentation. */
  public static List<Change> changedKeys(Config before, Config after) {
    Map<String, String> old = ConfigValues.of(before);
    Map<String, String> now = ConfigValues.of(after);
    Set<String> paths = new LinkedHashSet<>(old.keySet());
    paths.addAll(now.keySet());
    return paths.stream()
        .map(
            path ->
                new Change(path, old.getOrDefault(path, NOT_SET), now.getOrDefault(path, NOT_SET)))
        .filter(change -> !change.before().equals(change.after()))
        .toList();
  }
}
