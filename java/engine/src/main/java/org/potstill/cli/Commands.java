package org.potstill.cli;

import java.util.LinkedHashMap;
import java.util.Map;
import org.potstill.errors.DidYouMean;
import org.potstill.errors.InputException;
import picocli.CommandLine;

/**
 * The commands by name. Only the one that was asked for is set up: reading the annotations of all
 * of them takes longer than printing the help.
 */
final class Commands {

  private static final Map<String, String> ABOUT = new LinkedHashMap<>();

  static {
    ABOUT.put("run", "Run all stages: score, prune, distil, evaluate, report.");
    ABOUT.put("score", "Only score the images; writes scores.csv.");
    ABOUT.put("prune", "Only choose the core-set by the scores; writes coreset.csv.");
    ABOUT.put("experts", "Only train the experts of trajectory matching; writes experts/.");
    ABOUT.put("distill", "Only distil the core-set; writes distilled/.");
    ABOUT.put("evaluate", "Only measure how well networks learn from the distilled images.");
    ABOUT.put("report", "Only write report.html, or one page on several runs.");
    ABOUT.put("sweep", "Run many variants of a config and collect them in one table.");
    ABOUT.put("render", "Regenerate the images of a run in a latent space from its latents.");
    ABOUT.put("compare", "Compare the accuracies of two runs, with a paired test.");
    ABOUT.put("rehearse", "Run a little of every stage and tell how long a run will take.");
    ABOUT.put("validate", "Check a config and open the files it names; decodes no image.");
    ABOUT.put("convert", "Convert a checkpoint (.pkl, .ckpt, .pth) to safetensors.");
    ABOUT.put("init", "Write a config to start from: every key with its default.");
    ABOUT.put("schema", "Print the JSON Schema of the config, for editors.");
    ABOUT.put("doctor", "Describe this machine: CPU, memory, GPU, versions.");
  }

  private Commands() {}

  /**
   * The program, with the command that {@code arguments} ask for.
   *
   * @throws InputException where there is no such command
   */
  static CommandLine tree(Engine engine, Streams streams, String... arguments) {
    CommandLine root = new CommandLine(RootCommand.spec());
    String asked = arguments.length == 0 ? "" : arguments[0];
    String about = ABOUT.get(asked);
    if (about != null) {
      CommandLine command = new CommandLine(create(asked, engine, streams));
      command.getCommandSpec().usageMessage().description(about);
      root.addSubcommand(asked, command);
    } else if (!asked.isEmpty() && !asked.startsWith("-")) {
      throw new InputException(
          "there is no command '" + asked + "'" + DidYouMean.hint(asked, ABOUT.keySet()));
    }
    return root;
  }

  /** A line for every command, for the help of the program. */
  static String[] list() {
    String[] lines = new String[ABOUT.size()];
    int i = 0;
    for (Map.Entry<String, String> command : ABOUT.entrySet()) {
      lines[i++] = "  " + (command.getKey() + "          ").substring(0, 10) + command.getValue();
    }
    return lines;
  }

  private static Object create(String name, Engine engine, Streams streams) {
    return switch (name) {
      case "run" -> new RunningCommand(null, engine, streams);
      case "sweep" -> new SweepCommand(engine, streams);
      case "rehearse" -> new RehearseCommand(engine, streams);
      case "compare" -> new CompareCommand(engine, streams);
      case "render" -> new RenderCommand(engine, streams);
      case "validate" -> new ValidateCommand(streams);
      case "convert" -> new ConvertCommand(streams);
      case "init" -> new InitCommand(streams);
      case "schema" -> new SchemaCommand(streams);
      case "doctor" -> new DoctorCommand(streams);
      case "report" -> new ReportCommand(engine, streams);
      case "evaluate" -> new EvaluateCommand(engine, streams);
      default -> new RunningCommand(name, engine, streams);
    };
  }
}
