package org.potstill.cli;

import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** Tells what this machine has, and what of it Potstill uses. */
@Command(mixinStandardHelpOptions = true, versionProvider = Version.class, sortOptions = false)
final class DoctorCommand implements Callable<Integer>, HasOutput {

  @Parameters(
      arity = "0..1",
      paramLabel = "CONFIG",
      description = "A config; what its run would need is estimated.")
  private Path config;

  @Mixin private Output output;
  @Mixin private NativeOptions natives;

  private final Streams streams;

  DoctorCommand(Streams streams) {
    this.streams = streams;
  }

  @Override
  public Output output() {
    return output;
  }

  @Override
  public Integer call() {
    try (Logging logging = Logging.setUp(streams, output)) {
      return Doctor.examine(streams, output, natives, config) ? 0 : 1;
    }
  }
}
