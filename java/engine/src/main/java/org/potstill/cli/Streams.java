package org.potstill.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
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

  /** Those of the process, in UTF-8 whatever the locale: what reads them need not know that. */
  static Streams ofProcess() {
    return new Streams(utf8(FileDescriptor.out), utf8(FileDescriptor.err), isTerminal());
  }

  private static PrintStream utf8(FileDescriptor stream) {
    return new PrintStream(new FileOutputStream(stream), true, StandardCharsets.UTF_8);
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
