package org.potstill.cli;

import picocli.CommandLine.Command;

/** Runs all stages. */
@Command(
    name = "run",
    description = "Run all stages: score, prune, distil, evaluate, report.",
    sortOptions = false)
final class RunCommand extends RunningCommand {

  RunCommand(Engine engine, Streams streams) {
    super(engine, streams);
  }

  @Override
  String stage() {
    return null;
  }
}
