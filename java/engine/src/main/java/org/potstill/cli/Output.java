package org.potstill.cli;

import picocli.CommandLine.Option;

/** Options on what a command says. */
final class Output {

  @Option(
      names = {"-q", "--quiet"},
      description =
          "Print only warnings, errors, and what was asked to be shown (compare, doctor,"
              + " rehearse, --dry-run).")
  private boolean quiet;

  @Option(names = "--debug", description = "Log more, and show the stack traces of errors.")
  private boolean debug;

  @Option(names = "--json", description = "Print one JSON object per line on standard output.")
  private boolean json;

  boolean quiet() {
    return quiet;
  }

  boolean debug() {
    return debug;
  }

  boolean json() {
    return json;
  }
}
