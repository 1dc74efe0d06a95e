package org.potstill.cli;

import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;

/** The program itself: help, version, and the list of commands. */
final class RootCommand implements Runnable {

  /** How the program is called in help texts. */
  static final String PROGRAM = "java -jar engine.jar";

  private static final String[] DESCRIPTION = {
    "Shrinks an image data set: ranks every image by how easy a trained classifier finds it,"
        + " keeps the easy share of every class, distils what is left into a few synthetic images"
        + " per class, and measures how well networks learn from them.",
    ""
  };

  private static final String[] FOOTER = {
    "",
    "Exit status: 0 done; 1 failed while running; 2 wrong usage, config or input;",
    "3 finished, but some inputs were left out and are listed; 130 interrupted, resumable.",
    "",
    "To start: 'init' writes a config, 'run' runs it."
  };

  private final CommandSpec spec;

  private RootCommand() {
    // Not by annotations as the commands: to read them took a fifth of the time of --help.
    spec = CommandSpec.wrapWithoutInspection(this);
  }

  /** What the help and the reading of arguments go by. */
  static CommandSpec spec() {
    CommandSpec spec = new RootCommand().spec.name(PROGRAM).versionProvider(new Version());
    spec.addOption(
        OptionSpec.builder("-h", "--help")
            .usageHelp(true)
            .description("Show this help message and exit.")
            .build());
    spec.addOption(
        OptionSpec.builder("-V", "--version")
            .versionHelp(true)
            .description("Print version information and exit.")
            .build());
    spec.usageMessage()
        .customSynopsis("Usage: " + PROGRAM + " [-hV] COMMAND")
        .synopsisHeading("")
        .description(DESCRIPTION)
        .footer(footer());
    return spec;
  }

  /** The list of commands, then what there is to say of all. */
  private static String[] footer() {
    String[] commands = Commands.list();
    String[] all = new String[1 + commands.length + FOOTER.length];
    all[0] = "Commands:";
    System.arraycopy(commands, 0, all, 1, commands.length);
    System.arraycopy(FOOTER, 0, all, commands.length + 1, FOOTER.length);
    return all;
  }

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "no command given");
  }
}
