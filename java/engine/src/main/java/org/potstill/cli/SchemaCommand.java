package org.potstill.cli;

import java.util.concurrent.Callable;
import org.potstill.config.ConfigSchema;
import picocli.CommandLine.Command;

/** Prints the JSON Schema of the config. */
@Command(mixinStandardHelpOptions = true, versionProvider = Version.class)
final class SchemaCommand implements Callable<Integer> {

  private final Streams streams;

  SchemaCommand(Streams streams) {
    this.streams = streams;
  }

  @Override
  public Integer call() {
    streams.out().print(ConfigSchema.json());
    return 0;
  }
}
