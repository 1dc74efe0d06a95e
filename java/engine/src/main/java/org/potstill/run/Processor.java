package org.potstill.run;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** The processor of this machine, as Linux describes it. */
public final class Processor {

  private static final Path CPU_INFO = Path.of("/proc/cpuinfo");

  private final List<String> lines;

  private Processor(List<String> lines) {
    this.lines = lines;
  }

  /** The first of this machine, and all others are taken to be like it. */
  public static Processor read() {
    return read(CPU_INFO);
  }

  /** Of a file like {@code /proc/cpuinfo}; nothing is known where it cannot be read. */
  static Processor read(Path info) {
    try {
      return new Processor(Files.readAllLines(info));
    } catch (IOException e) {
      return new Processor(List.of());
    }
  }

  /**
   * Its name, with the numbers that tell apart what clouds call by one name, such as {@code AMD
   * EPYC (family 26, model 2)}.
   */
  public String name() {
    String numbers =
        field("cpu family")
            .map(family -> " (family " + family + ", model " + field("model").orElse("?") + ")")
            .orElse("");
    return field("model name").orElse("not known") + numbers;
  }

  /** Names of the instruction sets and other features that it has. */
  public Set<String> features() {
    return field("flags").map(flags -> Set.copyOf(List.of(flags.split(" +", -1)))).orElse(Set.of());
  }

  private Optional<String> field(String name) {
    return lines.stream()
        .map(line -> line.split(":", 2))
        .filter(parts -> parts.length == 2 && parts[0].strip().equals(name))
        .findFirst()
        .map(parts -> parts[1].strip());
  }
}
