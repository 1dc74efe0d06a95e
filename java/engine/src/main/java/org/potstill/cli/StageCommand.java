package org.potstill.cli;

import java.util.List;
import picocli.CommandLine.Command;

/** Runs one stage alone, in a run directory in which those before it are finished. */
@Command(sortOptions = false)
abstract class StageCommand extends RunningCommand {

  private final String stage;

  StageCommand(String stage, Engine engine, Streams streams) {
    super(engine, streams);
    this.stage = stage;
  }

  /** One command for every stage, in the order of the stages. */
  static List<StageCommand> all(Engine engine, Streams streams) {
    return List.of(
        new Score(engine, streams),
        new Prune(engine, streams),
        new Experts(engine, streams),
        new Distill(engine, streams),
        new Evaluate(engine, streams),
        new Report(engine, streams));
  }

  @Override
  final String stage() {
    return stage;
  }

  @Command(name = "score", description = "Only score the images: scores.csv.")
  private static final class Score extends StageCommand {
    Score(Engine engine, Streams streams) {
      super("score", engine, streams);
    }
  }

  @Command(name = "prune", description = "Only choose the core-set by the scores: coreset.csv.")
  private static final class Prune extends StageCommand {
    Prune(Engine engine, Streams streams) {
      super("prune", engine, streams);
    }
  }

  @Command(
      name = "experts",
      description = "Only train the experts of trajectory matching: experts/.")
  private static final class Experts extends StageCommand {
    Experts(Engine engine, Streams streams) {
      super("experts", engine, streams);
    }
  }

  @Command(name = "distill", description = "Only distil the core-set: distilled/.")
  private static final class Distill extends StageCommand {
    Distill(Engine engine, Streams streams) {
      super("distill", engine, streams);
    }
  }

  @Command(
      name = "evaluate",
      description = "Only measure what networks learn from the distilled images: evaluation.json.")
  private static final class Evaluate extends StageCommand {
    Evaluate(Engine engine, Streams streams) {
      super("evaluate", engine, streams);
    }
  }

  @Command(name = "report", description = "Only write the page: report.html.")
  private static final class Report extends StageCommand {
    Report(Engine engine, Streams streams) {
      super("report", engine, streams);
    }
  }
}
