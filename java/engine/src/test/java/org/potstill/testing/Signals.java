package org.potstill.testing;

import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** Signals that tests send to processes they start. */
public final class Signals {

  private static final Map<String, Integer> NUMBERS = Map.of("HUP", 1, "INT", 2, "TERM", 15);

  private Signals() {}

  /**
   * Skips a test where this process ignores the signal, as one started in the background by a
   * script does with SIGINT: its children then ignore it too, and a JVM keeps it so.
   */
  public static void assumeNotIgnored(String name) throws IOException {
    Path status = Path.of("/proc/self/status");
    if (Files.exists(status)) {
      String mask =
          Files.readAllLines(status).stream()
              .filter(line -> line.startsWith("SigIgn:"))
              .findFirst()
              .orElse("SigIgn: 0")
              .substring("SigIgn:".length())
              .strip();
      long ignored = Long.parseUnsignedLong(mask, 16);
      assumeFalse(
          (ignored >> (NUMBERS.get(name) - 1) & 1) == 1,
          "SIG" + name + " is ignored: the tests run in the background of a script");
    }
  }
}
