package org.potstill.run;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;
import java.util.stream.Stream;

/** Memory that a process can still take without others being pushed out. */
public final class FreeMemory {

  private static final Path MACHINE = Path.of("/proc/meminfo");
  private static final Path GROUP = Path.of("/sys/fs/cgroup/memory.stat");

  private FreeMemory() {}

  /**
   * What the machine has left, or the container where that is less, with the pages that hold files
   * and can be dropped; bytes.
   */
  public static long bytes() {
    OperatingSystemMXBean system = ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
    return of(system.getTotalMemorySize(), system.getFreeMemorySize(), MACHINE, GROUP);
  }

  /**
   * The same from figures and files.
   *
   * @param total of the machine, or of the container
   * @param unused of the same, pages that hold files counted as used
   * @param machine lines {@code NAME: NUMBER kB}; without it {@code unused} is all that is known
   * @param group lines {@code NAME NUMBER} of the container
   */
  static long of(long total, long unused, Path machine, Path group) {
    OptionalLong available = value(machine, "MemAvailable:");
    if (available.isEmpty()) {
      return unused;
    }
    long ofMachine = available.getAsLong() << 10;
    boolean limited = total < value(machine, "MemTotal:").orElse(0) << 10;
    long ofGroup = unused + value(group, "inactive_file").orElse(0);
    return limited ? Math.min(ofMachine, ofGroup) : ofMachine;
  }

  private static OptionalLong value(Path file, String name) {
    try (Stream<String> lines = Files.lines(file)) {
      return lines
          .map(line -> line.split("\\s+", -1))
          .filter(words -> words.length > 1 && words[0].equals(name))
          .mapToLong(words -> Long.parseLong(words[1]))
          .findFirst();
    } catch (IOException | UncheckedIOException | NumberFormatException e) {
      return OptionalLong.empty();
    }
  }
}
