package org.potstill.cli;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
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
    CommandLine root = new CommandLine(new RootCommand());
    root.addSubcommand(new RunCommand(engine, streams));
    StageCommand.all(engine, streams).forEach(stage -> root.addSubcommand(stage.stage(), stage));
    root.addSubcommand(new ValidateCommand(streams));
    root.addSubcommand(new InitCommand(streams));
    root.addSubcommand(new SchemaCommand(streams));
    root.addSubcommand(new DoctorCommand(streams));
    root.setOut(new PrintWriter(streams.out(), true, StandardCharsets.UTF_8));
    root.setErr(new PrintWriter(streams.err(), true, StandardCharsets.UTF_8));
    root.setCaseInsensitiveEnumValuesAllowed(true);
    root.setParameterExceptionHandler((error, given) -> misused(error, streams));
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

  private static int failed(Exception error, Object command, Streams streams) {
    Output output = command instanceof HasOutput some ? some.output() : new Output();
    return Failure.of(error).report(streams, output);
  }
}
