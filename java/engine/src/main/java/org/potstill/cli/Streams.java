package org.potstill.cli;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Where a command writes.
 *
 * @param out results
 * @param err progress, warnings, errors
 * @param terminal whether {@code err} is a terminal
 */
record Streams(PrintStream out, PrintStream err, boolean terminal) {

  private static final Path STANDARD_ERROR = Path.of("/proc/self/fd/2");

  /** Those of the process. */
  static Streams ofProcess() {
    return new Streams(System.out, System.err, isTerminal());
  }

  private static boolean isTerminal() {
    try {
      // System.console() tells of standard input and output, not of the stream that bars go to.
      String target = Files.readSymbolicLink(STANDARD_ERROR).toString();
      return target.startsWith("/dev/pts/") || target.startsWith("/dev/tty");
    } catch (IOException | UnsupportedOperationException e) {
      return false;
    }
  }
}
