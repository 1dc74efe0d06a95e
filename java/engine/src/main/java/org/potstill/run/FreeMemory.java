package org.potstill.run;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;

/** Memory that a process can still take without others being pushed out. */
public final class FreeMemory {

  private static final Path MACHINE = Path.of("/proc/meminfo");
  private static final Path MEMBERSHIP = Path.of("/proc/self/cgroup");
  private static final Path GROUPS = Path.of("/sys/fs/cgroup");

  private FreeMemory() {}

  /**
   * What the machine has left, or the container or the job of a batch system where that is less,
   * with the pages that hold files and can be dropped; bytes.
   */
  public static long bytes() {
    OperatingSystemMXBean system = ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
    return of(system.getFreeMemorySize(), MACHINE, MEMBERSHIP, GROUPS);
  }

  /**
   * The same from figures and files.
   *
   * @param unused of the machine or the container, pages that hold files counted as used
   * @param machine lines {@code NAME: NUMBER kB}; without it {@code unused} is all that is known
   * @param membership the control groups of the process, and {@code groups}, where they are
   *     mounted; see {@link MemoryGroups#free}
   */
  static long of(long unused, Path machine, Path membership, Path groups) {
    OptionalLong available = value(machine, "MemAvailable:");
    if (available.isEmpty()) {
      return unused;
    }
    return Math.min(available.getAsLong() << 10, MemoryGroups.free(membership, groups));
  }

  /** The number in the line of a name, which may have a unit after it. */
  static OptionalLong value(Path file, String name) {
    for (String line : lines(file)) {
      String[] words = line.split("\\s+", -1);
      if (words.length > 1 && words[0].equals(name)) {
        return number(words[1]);
      }
    }
    return OptionalLong.empty();
  }

  /** A number, unless it is some other word. */
  static OptionalLong number(String text) {
    try {
      return OptionalLong.of(Long.parseLong(text.strip()));
    } catch (NumberFormatException e) {
      return OptionalLong.empty();
    }
  }

  /** What a file of the kernel says; nothing where it is not there. */
  static List<String> lines(Path file) {
    try {
      return Files.readAllLines(file);
    } catch (IOException e) {
      return List.of();
    }
  }
}
