package org.potstill.cli;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.util.List;
import picocli.CommandLine;

/** The command line of Potstill. */
public final class Main {

  private Main() {}

  /**
   * Runs a command and ends the process with its exit status: 0 done; 1 failed while running; 2
   * wrong usage, config or input; 3 finished, but some inputs were left out; 130 interrupted,
   * resumable.
   */
  public static void main(String[] arguments) {
    // Native threads may still be winding down: nothing is cut off, since every run has ended here.
    System.exit(execute(Engine.POTSTILL, Streams.ofProcess(), arguments));
  }

  /** Runs a command and returns its exit status. */
  static int execute(Engine engine, Streams streams, String... arguments) {
    CommandLine root = Commands.tree(engine, streams, arguments);
    root.setOut(new PrintWriter(streams.out(), true, StandardCharsets.UTF_8));
    root.setErr(new PrintWriter(streams.err(), true, StandardCharsets.UTF_8));
    root.setCaseInsensitiveEnumValuesAllowed(true);
    root.setParameterExceptionHandler((error, given) -> misused(error, streams));
    root.setExecutionStrategy(parsed -> runLast(parsed, streams));
    root.setExecutionExceptionHandler(
        (error, command, parsed) -> failed(error, command.getCommand(), streams));
    return root.execute(arguments);
  }

  private static int misused(CommandLine.ParameterException error, Streams streams) {
    CommandLine command = error.getCommandLine();
    StringWriter hint = new StringWriter();
    CommandLine.UnmatchedArgumentException.printSuggestions(error, new PrintWriter(hint, true));
    streams.err().println("error: " + error.getMessage());
    streams.err().print(hint);
    streams
        .err()
        .println("'" + command.getCommandSpec().qualifiedName() + " --help' shows what there is");
    return Failure.USAGE;
  }

  /** Runs the command; picocli's handler sees exceptions only, and memory runs out as an error. */
  private static int runLast(CommandLine.ParseResult parsed, Streams streams) {
    try {
      return new CommandLine.RunLast().execute(parsed);
    } catch (OutOfMemoryError | LinkageError e) {
      List<CommandLine> commands = parsed.asCommandLineList();
      return failed(e, commands.get(commands.size() - 1).getCommand(), streams);
    }
  }

  private static int failed(Throwable error, Object command, Streams streams) {
    Output output = command instanceof HasOutput some ? some.output() : new Output();
    return Failure.of(error).report(streams, output);
  }
}
