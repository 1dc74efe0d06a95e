package org.potstill.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The program itself: help, version, and the list of commands. */
@Command(
    name = RootCommand.PROGRAM,
    versionProvider = Version.class,
    mixinStandardHelpOptions = true,
    customSynopsis = "Usage: " + RootCommand.PROGRAM + " [-hV] COMMAND",
    synopsisHeading = "",
    description = {
      "Shrinks an image data set: ranks every image by how easy a trained classifier finds it,"
          + " keeps the easy share of every class, distils what is left into a few synthetic images"
          + " per class, and measures how well networks learn from them.",
      ""
    },
    footer = {
      "",
      "Exit status: 0 done; 1 failed while running; 2 wrong usage, config or input;",
      "3 finished, but some inputs were left out and are listed; 130 interrupted, resumable.",
      "",
      "To begin with: 'init' writes a config, 'run' runs it."
    })
final class RootCommand implements Runnable {

  /** How the program is called in help texts. */
  static final String PROGRAM = "java -jar engine.jar";

  private CommandSpec spec;

  /** Takes the description of itself, and adds the list of commands to it. */
  @Spec
  void describe(CommandSpec described) {
    spec = described;
    String[] footer = described.usageMessage().footer();
    String[] commands = Commands.list();
    String[] all = new String[commands.length + 1 + footer.length];
    all[0] = "Commands:";
    System.arraycopy(commands, 0, all, 1, commands.length);
    System.arraycopy(footer, 0, all, commands.length + 1, footer.length);
    described.usageMessage().footer(all);
  }

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "no command given");
  }
}
