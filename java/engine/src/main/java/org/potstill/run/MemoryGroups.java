package org.potstill.run;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.OptionalLong;

/**
 * Control groups, by which containers and batch systems limit memory, at any level of their tree.
 * Java tells of what they leave too, but counts pages that hold files as taken, and not every
 * version looks at the groups around the innermost.
 */
enum MemoryGroups {
  FIRST("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
  SECOND("memory.max", "memory.current", "inactive_file");

  private static final int FIELDS = 3;

  private final String limit;
  private final String usage;
  private final String droppable;

  MemoryGroups(String limit, String usage, String droppable) {
    this.limit = limit;
    this.usage = usage;
    this.droppable = droppable;
  }

  /**
   * Bytes that the groups of a process leave it, with the pages that hold files and can be dropped;
   * {@link Long#MAX_VALUE} where none has a limit.
   *
   * @param membership lines {@code ID:CONTROLLERS:PATH}; the second version has no controllers
   * @param mounted the folder in which trees of the first version are mounted, or the one of the
   *     second
   */
  static long free(Path membership, Path mounted) {
    long free = Long.MAX_VALUE;
    for (String line : FreeMemory.lines(membership)) {
      String[] fields = line.split(":", FIELDS);
      if (fields.length == FIELDS && fields[1].isEmpty()) {
        free = Math.min(free, SECOND.upwards(mounted, fields[2]));
      } else if (fields.length == FIELDS
          && Arrays.asList(fields[1].split(",", -1)).contains("memory")) {
        free = Math.min(free, FIRST.upwards(mounted.resolve("memory"), fields[2]));
      }
    }
    return free;
  }

  /** The least that a group or one around it leaves. */
  private long upwards(Path root, String path) {
    Path group = root.resolve(path.replaceFirst("^/+", "")).normalize();
    // In a container, the path may be that of the host, and only its own group be mounted.
    long free = of(root);
    while (group.startsWith(root) && !group.equals(root)) {
      free = Math.min(free, of(group));
      group = group.getParent();
    }
    return free;
  }

  private long of(Path group) {
    OptionalLong most = number(group.resolve(limit));
    OptionalLong taken = number(group.resolve(usage));
    if (most.isEmpty() || taken.isEmpty()) {
      return Long.MAX_VALUE;
    }
    long files = FreeMemory.value(group.resolve("memory.stat"), droppable).orElse(0);
    return Math.max(0, most.getAsLong() - Math.max(0, taken.getAsLong() - files));
  }

  private static OptionalLong number(Path file) {
    // "max" is no limit.
    return FreeMemory.lines(file).stream()
        .findFirst()
        .map(FreeMemory::number)
        .orElse(OptionalLong.empty());
  }
}
