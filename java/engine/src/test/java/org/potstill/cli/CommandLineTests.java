package org.potstill.cli;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** Commands as users type them, in the process of the test. */
abstract class CommandLineTests {

  @TempDir Path folder;

  /** A minimal configuration. */
  Path config;

  /** What the last command wrote to standard output, and to standard error. */
  String out;

  String err;

  @BeforeEach
  void writeConfig() throws IOException {
    config = folder.resolve("quick.yaml");
    Files.writeString(config, "data: {source: 'builtin:fashion-mnist-mini'}\n");
  }

  /** Runs a command with an engine that does nothing; its exit status. */
  int potstill(String... arguments) {
    ByteArrayOutputStream outBytes = new ByteArrayOutputStream();
    ByteArrayOutputStream errBytes = new ByteArrayOutputStream();
    Streams streams =
        new Streams(
            new PrintStream(outBytes, true, StandardCharsets.UTF_8),
            new PrintStream(errBytes, true, StandardCharsets.UTF_8),
            false);
    int status = Main.execute(new FakeEngine(), streams, arguments);
    out = outBytes.toString(StandardCharsets.UTF_8);
    err = errBytes.toString(StandardCharsets.UTF_8);
    return status;
  }

  /** Runs the configuration in a run directory of its own; the exit status. */
  int run(String name, String... more) {
    List<String> arguments = new ArrayList<>(List.of("run", config.toString()));
    arguments.addAll(List.of("--out", folder.resolve("run").toString()));
    arguments.addAll(List.of("--set", "run.name=" + name));
    arguments.addAll(List.of(more));
    return potstill(arguments.toArray(String[]::new));
  }
}
