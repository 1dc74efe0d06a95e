package org.potstill.cli;

import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import org.potstill.errors.InputException;
import picocli.CommandLine;

/** The command line of Potstill. */
public final class Main {

  private static final String HEADLESS = "java.awt.headless";

  private Main() {}

  /**
   * Runs a command and ends the process with its exit status: 0 done; 1 failed while running; 2
   * wrong usage, config or input; 3 finished, but some inputs were left out; 130 interrupted,
   * resumable.
   */
  public static void main(String[] arguments) {
    // The JDK's image reader would look for a display else, and fail where one is only named.
    if (System.getProperty(HEADLESS) == null) {
      System.setProperty(HEADLESS, "true");
    }
    // Native threads may still be winding down: nothing is cut off, since every run has ended here.
    System.exit(execute(new Library(), Streams.ofProcess(), arguments));
  }

  /** Runs a command and returns its exit status. */
  static int execute(Engine engine, Streams streams, String... arguments) {
    CommandLine root;
    try {
      root = Commands.tree(engine, streams, arguments);
    } catch (InputException e) {
      return Failure.of(e).report(streams, new Output());
    }
    root.setOut(new PrintWriter(streams.out(), true, StandardCharsets.UTF_8));
    root.setErr(new PrintWriter(streams.err(), true, StandardCharsets.UTF_8));
    root.setCaseInsensitiveEnumValuesAllowed(true);
    Outcome outcome = new Outcome(streams);
    root.setParameterExceptionHandler(outcome);
    root.setExecutionStrategy(outcome);
    root.setExecutionExceptionHandler(outcome);
    return Failure.withOutput(root.execute(arguments), streams);
  }
}
