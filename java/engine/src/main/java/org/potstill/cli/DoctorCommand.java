package org.potstill.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Tells what this machine has, and what of it Potstill uses. */
@Command(mixinStandardHelpOptions = true, versionProvider = Version.class)
final class DoctorCommand implements Callable<Integer>, HasOutput {

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
      return Doctor.examine(streams, output, natives) ? 0 : 1;
    }
  }
}
