package org.potstill.pipeline;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.Function;
import org.potstill.errors.InputException;
import org.potstill.experts.ExpertsStage;
import org.potstill.run.Fingerprint;
import org.potstill.run.RunContext;
import org.potstill.run.RunDirectory;
import org.potstill.run.StageLog;

/**
 * Runs stages in order and skips those that a run directory already holds.
 *
 * <p>Whether one is finished is the question of {@link StageFit}.
 */
final class StageRunner {

  private final List<Stage> stages;
  private final StageFit fit;
  private final Map<String, String> environment;
  private final RunContext context;
  private final RunDirectory directory;
  private final Runnable beforeWork;

  /**
   * A runner of {@code stages}.
   *
   * @param config every key path of the resolved configuration with its value
   * @param dataFingerprint what stands for the content of the data set, as far as a stage reads it
   * @param environment versions and devices, recorded with every stage
   * @param beforeWork called before each stage that runs, after all checks of those before it
   */
  StageRunner(
      List<Stage> stages,
      Map<String, String> config,
      Function<Stage, String> dataFingerprint,
      Map<String, String> environment,
      RunContext context,
      Runnable beforeWork) {
    this.stages = stages;
    this.environment = environment;
    this.context = context;
    this.directory = context.directory();
    this.fit = new StageFit(stages, config, dataFingerprint, directory);
    this.beforeWork = beforeWork;
  }

  /**
   * Runs every stage that is not finished, in order.
   *
   * @return names of the stages that ran
   * @throws InputException where a finished stage no longer fits
   */
  List<String> runAll() {
    List<String> ran = new ArrayList<>();
    for (Stage stage : stages) {
      if (fit.isFinished(stage)) {
        skip(stage);
      } else {
        if (directory.stages().entry(stage.name()).isPresent()) {
          requireRepeatable(stage);
        }
        runAnew(stage);
        ran.add(stage.name());
      }
    }
    return ran;
  }

  /**
   * Runs the stage called {@code name} alone; those before it must be finished.
   *
   * @param repeat whether a finished one is repeated; those after it are then forgotten
   * @return whether it ran; false where it was finished already
   * @throws InputException where a stage before it is missing or no longer fits
   */
  boolean runOne(String name, boolean repeat) {
    requireStage(stages.stream().map(Stage::name).toList(), name);
    for (Stage stage : stages) {
      if (stage.name().equals(name)) {
        return runAlone(stage, repeat);
      }
      if (!fit.isFinished(stage)) {
        throw new InputException(unfinished(stage.name(), name));
      }
    }
    throw new IllegalArgumentException("no stage is called " + name);
  }

  /**
   * Checks that a configuration whose stages are {@code names} has one called {@code name}.
   *
   * @throws InputException where it has not
   */
  static void requireStage(List<String> names, String name) {
    if (!names.contains(name)) {
      throw new InputException(
          "this configuration has no stage "
              + name
              + ", only "
              + String.join(", ", names)
              + (name.equals(ExpertsStage.NAME) ? "; only distill.method: mtt has it" : ""));
    }
  }

  /** The stage called {@code name} where it was stopped before its end; empty where it begins. */
  Optional<Stage> begun(String name) {
    return stages.stream()
        .filter(stage -> stage.name().equals(name))
        .filter(stage -> directory.stages().entry(name).isEmpty())
        .filter(this::goesOn)
        .findFirst();
  }

  /** Whether a stage has something to go on from. */
  private boolean goesOn(Stage stage) {
    return directory.wasStopped(stage.name())
        || stage.kept().stream().map(directory::resolve).anyMatch(Files::exists);
  }

  /** What is missing where {@code wanted} was asked for, and what to do. */
  private String unfinished(String missing, String wanted) {
    String needs = "stage " + wanted + " needs stage " + missing + ", which ";
    return directory.wasStopped(missing)
        ? needs
            + "stopped before its end in "
            + directory.root()
            + "; go on with it first: engine.jar "
            + missing
            + " CONFIG --resume, or with all stages: engine.jar run CONFIG --resume"
        : needs
            + "is not finished in "
            + directory.root()
            + "; run it first: engine.jar "
            + missing
            + " CONFIG";
  }

  private boolean runAlone(Stage stage, boolean repeat) {
    if (!repeat && fit.isFinished(stage)) {
      skip(stage);
      return false;
    }
    if (repeat) {
      stage.check().run();
      run(stage, true);
    } else {
      requireRepeatable(stage);
      runAnew(stage);
    }
    return true;
  }

  private void skip(Stage stage) {
    forgetIfTransitory(stage);
    directory.stages().forgetBefore(stage.name());
    context.listener().stageSkipped(stage.name());
  }

  /** Of a stage on record: one that was killed before it was goes on from its progress. */
  private void forgetIfTransitory(Stage stage) {
    if (stage.transitory()) {
      directory.forgetProgress(stage.name());
    }
  }

  /** What a stage wrote when it was finished stays where it cannot go on or be made anew. */
  private void requireRepeatable(Stage stage) {
    stage.check().run();
    directory.checkpoints(stage.name()).requireUndamaged();
  }

  /** One that is not finished, or was and is not any more: since it grew, changed, or was lost. */
  private void runAnew(Stage stage) {
    Optional<StageLog.Entry> before = directory.stages().entry(stage.name());
    if (before.isPresent()) {
      if (!StageFit.fits(before.get().fingerprint(), fit.fingerprint(stage))) {
        // Even where it is stopped before its end: what it will write is not what it wrote.
        forgetProgressAfter(stage);
      }
      fit.toMakeAnew(stage, before.get())
          .ifPresent(words -> context.listener().warning(stage.name(), words));
      warnOfNoCheckpoint(stage);
    }
    run(stage, false);
  }

  /** One that grew goes on from its last checkpoint, or from what it wrote. */
  private void warnOfNoCheckpoint(Stage stage) {
    boolean grows = !stage.growing().isEmpty() && stage.kept().isEmpty();
    if (grows && !directory.checkpoints(stage.name()).any()) {
      context
          .listener()
          .warning(stage.name(), "begins from the start, since there is no checkpoint of it left");
    }
  }

  /**
   * A run is continued elsewhere, or by another build, where somebody wants that; but then it does
   * not end with the bits that it would have had.
   */
  private void warnOfOtherMachine(Stage stage) {
    int index = stages.indexOf(stage);
    if (index == 0 || !stage.dependsOn(StageFit.THREADS)) {
      return;
    }
    String earlier = stages.get(index - 1).name();
    Map<String, String> had =
        directory.stages().entry(earlier).map(StageLog.Entry::environment).orElse(environment);
    List<String> changes = new ArrayList<>();
    for (Map.Entry<String, String> now : environment.entrySet()) {
      // What one of them does not know of, as of a GPU, follows from what both know.
      String before = had.getOrDefault(now.getKey(), now.getValue());
      // Java computes nothing that its version could change.
      if (!now.getKey().equals("java") && !before.equals(now.getValue())) {
        changes.add(now.getKey() + " " + now.getValue() + ", not " + before);
      }
    }
    if (!changes.isEmpty()) {
      context
          .listener()
          .warning(
              stage.name(),
              "runs with "
                  + String.join("; ", changes)
                  + " as stage "
                  + earlier
                  + " did: the last bits of results may differ from those of one run on one machine");
    }
  }

  /** How they were finished stays known, to tell whether they end otherwise this time. */
  private void forgetFinished(Stage first) {
    List<Stage> forgotten = stages.subList(stages.indexOf(first), stages.size());
    directory.stages().setAside(forgotten.stream().map(Stage::name).toList());
  }

  private void forgetProgressAfter(Stage first) {
    for (Stage later : stages.subList(stages.indexOf(first) + 1, stages.size())) {
      if (directory.wasStopped(later.name())) {
        context
            .listener()
            .warning(later.name(), "begins anew, since stage " + first.name() + " changed");
        directory.forgetProgress(later.name());
      }
    }
  }

  private void run(Stage stage, boolean repeat) {
    context.cancellation().throwIfCancelled();
    Optional<StageLog.Entry> before = directory.stages().last(stage.name());
    double earlier = repeat ? 0 : secondsBefore(stage);
    forgetFinished(stage);
    if (repeat) {
      directory.forgetProgress(stage.name());
      stage.kept().forEach(directory::clear);
    }
    beforeWork.run();
    context.listener().stageStarted(stage.name());
    warnOfOtherMachine(stage);
    Path note = directory.timeNote(stage.name());
    try (StageClock clock = new StageClock(note, earlier, () -> goesOn(stage))) {
      Fingerprint fingerprint = fit.fingerprint(stage);
      stage.work().run();
      double here = clock.here();
      double total = clock.total();
      Map<String, String> outputs = new LinkedHashMap<>();
      for (String output : stage.outputs()) {
        outputs.put(output, Fingerprint.ofFile(directory.resolve(output)));
      }
      StageLog.Entry now = new StageLog.Entry(fingerprint, outputs, total, environment);
      if (before.isPresent() && endedOtherwise(before.get(), now)) {
        forgetProgressAfter(stage);
      }
      directory.stages().put(stage.name(), now);
      clock.finish();
      forgetIfTransitory(stage);
      context.listener().stageFinished(stage.name(), here);
    }
  }

  /** How long a stage worked on what it goes on from. */
  private double secondsBefore(Stage stage) {
    if (!goesOn(stage)) {
      return 0;
    }
    OptionalDouble noted = StageClock.noted(directory.timeNote(stage.name()));
    // A note of one on record is left from a process that was killed before it deleted it.
    if (noted.isPresent() && directory.stages().entry(stage.name()).isEmpty()) {
      return noted.getAsDouble();
    }
    // One that does not grow was finished with other settings.
    return stage.growing().isEmpty()
        ? 0
        : directory.stages().last(stage.name()).map(StageLog.Entry::seconds).orElse(0.0);
  }

  /** What has no output that is looked at is known by what went into it. */
  private static boolean endedOtherwise(StageLog.Entry before, StageLog.Entry now) {
    return now.outputs().isEmpty()
        ? !before.fingerprint().equals(now.fingerprint())
        : !before.outputs().equals(now.outputs());
  }
}
