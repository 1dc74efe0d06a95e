package org.potstill.cli;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.InvalidPathException;
import java.util.Arrays;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.ParseResult;

/**
 * Runs the command and turns whatever goes wrong into a message and an exit status.
 *
 * <p>A class rather than three lambdas: the first lambda of a process costs a tenth of the time
 * that the help may take.
 */
final class Outcome
    implements CommandLine.IParameterExceptionHandler,
        CommandLine.IExecutionExceptionHandler,
        CommandLine.IExecutionStrategy {

  private final Streams streams;

  Outcome(Streams streams) {
    this.streams = streams;
  }

  @Override
  public int handleParseException(CommandLine.ParameterException error, String[] arguments) {
    CommandLine command = error.getCommandLine();
    StringWriter hint = new StringWriter();
    CommandLine.UnmatchedArgumentException.printSuggestions(error, new PrintWriter(hint, true));
    String name = command.getCommandSpec().qualifiedName();
    // By the arguments: at the mistake the option may not have been read yet.
    if (Arrays.asList(arguments).contains("--json")) {
      Failure.toldAsJson(Failure.USAGE, message(error), streams);
    }
    streams.err().println("error: " + message(error));
    streams.err().print(hint);
    streams.err().println("'" + name + " --help' shows what there is");
    return Failure.USAGE;
  }

  /** picocli tells of a path that cannot be one by the exception's class. */
  private static String message(CommandLine.ParameterException error) {
    String message = error.getMessage();
    return message.contains(InvalidPathException.class.getSimpleName())
        ? "'"
            + error.getValue()
            + "' has characters that file names cannot have here ("
            + System.getProperty("sun.jnu.encoding")
            + "); set LC_ALL=C.UTF-8"
        // Of some kinds of mistakes picocli says itself that they are errors.
        : message.replaceFirst("^Error: ", "");
  }

  /** picocli's handler sees exceptions only, and memory runs out as an error. */
  @Override
  public int execute(ParseResult parsed) {
    try {
      return new CommandLine.RunLast().execute(parsed);
    } catch (OutOfMemoryError | LinkageError e) {
      List<CommandLine> commands = parsed.asCommandLineList();
      return failed(e, commands.get(commands.size() - 1));
    }
  }

  @Override
  public int handleExecutionException(Exception error, CommandLine command, ParseResult parsed) {
    return failed(error, command);
  }

  private int failed(Throwable error, CommandLine command) {
    Output output = command.getCommand() instanceof HasOutput some ? some.output() : new Output();
    return Failure.of(error).report(streams, output);
  }
}
