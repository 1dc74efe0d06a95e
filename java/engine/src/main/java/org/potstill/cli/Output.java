package org.potstill.cli;

import picocli.CommandLine.Option;

/** Options on what a command says. */
final class Output {

  @Option(
      names = {"-q", "--quiet"},
      description = "Say nothing but warnings and errors.")
  private boolean quiet;

  @Option(names = "--debug", description = "Log more, and show the stack traces of errors.")
  private boolean debug;

  @Option(names = "--json", description = "Write JSON to standard output, one object a line.")
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
