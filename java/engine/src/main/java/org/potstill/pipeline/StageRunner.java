package org.potstill.pipeline;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import org.potstill.errors.InputException;
import org.potstill.run.Fingerprint;
import org.potstill.run.RunContext;
import org.potstill.run.RunDirectory;
import org.potstill.run.StageLog;

/**
 * Runs stages in order and skips those that a run directory already holds.
 *
 * <p>A finished stage is skipped while its fingerprint fits: the configuration keys it depends on,
 * the data set, the files it read. One that no longer fits is an error that names the key or file,
 * except where it may grow or be repeated.
 */
final class StageRunner {

  private static final String DATA_SET = StageLog.Entry.DATA_SET;
  private static final String THREADS = "run.threads";

  private final List<Stage> stages;
  private final Map<String, String> config;
  private final Function<Stage, String> dataFingerprint;
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
    this.config = config;
    this.dataFingerprint = dataFingerprint;
    this.environment = environment;
    this.context = context;
    this.directory = context.directory();
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
      if (isFinished(stage)) {
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
    List<String> names = stages.stream().map(Stage::name).toList();
    if (!names.contains(name)) {
      throw new InputException(
          "this configuration has no stage " + name + ", only " + String.join(", ", names));
    }
    for (Stage stage : stages) {
      if (stage.name().equals(name)) {
        return runAlone(stage, repeat);
      }
      if (!isFinished(stage)) {
        throw new InputException(unfinished(stage.name(), name));
      }
    }
    throw new IllegalArgumentException("no stage is called " + name);
  }

  /** The stage called {@code name} where it was stopped before its end; empty where it begins. */
  Optional<Stage> begun(String name) {
    return stages.stream()
        .filter(stage -> stage.name().equals(name))
        .filter(stage -> directory.stages().entry(name).isEmpty())
        .filter(
            stage ->
                directory.wasStopped(name)
                    || stage.kept().stream().map(directory::resolve).anyMatch(Files::exists))
        .findFirst();
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
    if (!repeat && isFinished(stage)) {
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

  private boolean isFinished(Stage stage) {
    Optional<StageLog.Entry> entry = directory.stages().entry(stage.name());
    if (entry.isEmpty()) {
      return false;
    }
    Optional<Path> missing = missing(entry.get());
    if (stage.repeatable() && toMakeAnew(stage, entry.get()).isPresent()) {
      return false;
    }
    // The last checkpoint holds what is missing, and gives the same bytes.
    boolean restorable = stage.restorable().getAsBoolean();
    if (missing.isPresent() && !restorable) {
      throw new InputException(
          missing.get()
              + " is missing, though stage "
              + stage.name()
              + " wrote it; put it back, or make it anew from the start of the stage by engine.jar "
              + stage.name()
              + " CONFIG --overwrite");
    }
    if (!stage.repeatable() && missing.isEmpty()) {
      new StageOutputs(stages, directory).requireUndamaged(stage, entry.get());
    }
    Fingerprint before = compared(entry.get().fingerprint());
    Fingerprint now = compared(fingerprint(stage));
    if (before.equals(now)) {
      return missing.isEmpty();
    }
    if (stage.repeatable() || grew(stage, before, now)) {
      return false;
    }
    throw new InputException(
        "the finished stage "
            + stage.name()
            + " of "
            + directory.root()
            + " no longer fits: "
            + difference(before, now)
            + "; undo the change, use --overwrite, or choose another --out");
  }

  /** The digest of the data set tells nothing; and where a key changed it, that is to be named. */
  private static String difference(Fingerprint before, Fingerprint now) {
    return without(DATA_SET, before)
        .firstDifference(without(DATA_SET, now))
        .orElse("files of the data set were added, removed or changed");
  }

  /**
   * What decides whether a finished stage fits. Another number of threads, like other kernels, is
   * another machine's: it changes the last bits, and {@link #warnOfOtherMachine} tells of it.
   */
  private static Fingerprint compared(Fingerprint fingerprint) {
    return without(THREADS, fingerprint);
  }

  private static Fingerprint without(String name, Fingerprint fingerprint) {
    Map<String, String> values = new TreeMap<>(fingerprint.values());
    values.remove(name);
    return Fingerprint.of(values);
  }

  private static boolean grew(Stage stage, Fingerprint before, Fingerprint now) {
    Map<String, String> rest = new TreeMap<>(now.values());
    for (String key : stage.growing()) {
      String old = before.values().get(key);
      if (old == null || Long.parseLong(rest.get(key)) < Long.parseLong(old)) {
        return false;
      }
      rest.put(key, old);
    }
    return before.equals(Fingerprint.of(rest));
  }

  /** The first file that a finished stage wrote and that is no longer there. */
  private Optional<Path> missing(StageLog.Entry entry) {
    return entry.outputs().keySet().stream()
        .map(directory::resolve)
        .filter(Files::notExists)
        .findFirst();
  }

  /** What is wrong with a file that a finished stage wrote, if it can be had again. */
  private Optional<String> toMakeAnew(Stage stage, StageLog.Entry entry) {
    Optional<Path> missing = missing(entry);
    if (missing.isPresent() || !stage.repeatable()) {
      return missing.map(file -> file + " is missing and is made anew");
    }
    return new StageOutputs(stages, directory)
        .damaged(stage, entry)
        .map(file -> file + " is damaged and is made anew");
  }

  private Fingerprint fingerprint(Stage stage) {
    Map<String, String> values = new TreeMap<>();
    config.forEach(
        (key, value) -> {
          if (stage.dependsOn(key)) {
            values.put(key, value);
          }
        });
    values.put(DATA_SET, dataFingerprint.apply(stage));
    int index = stages.indexOf(stage);
    if (index > 0) {
      String before = stages.get(index - 1).name();
      directory
          .stages()
          .entry(before)
          .ifPresent(entry -> values.put("stage " + before, entry.fingerprint().hash()));
    }
    for (String input : stage.inputs()) {
      values.put(input, Fingerprint.ofFile(directory.resolve(input)));
    }
    return Fingerprint.of(values);
  }

  /** One that is not finished, or was and is not any more: since it grew, changed, or was lost. */
  private void runAnew(Stage stage) {
    Optional<StageLog.Entry> before = directory.stages().entry(stage.name());
    if (before.isPresent()) {
      if (!compared(before.get().fingerprint()).equals(compared(fingerprint(stage)))) {
        // Even where it is stopped before its end: what it will write is not what it wrote.
        forgetProgressAfter(stage);
      }
      toMakeAnew(stage, before.get())
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
    if (index == 0 || !stage.dependsOn(THREADS)) {
      return;
    }
    String earlier = stages.get(index - 1).name();
    Map<String, String> had =
        directory.stages().entry(earlier).map(StageLog.Entry::environment).orElse(environment);
    List<String> changes = new ArrayList<>();
    for (Map.Entry<String, String> now : environment.entrySet()) {
      String before = had.getOrDefault(now.getKey(), "none");
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
    forgetFinished(stage);
    if (repeat) {
      directory.forgetProgress(stage.name());
      stage.kept().forEach(directory::clear);
    }
    beforeWork.run();
    context.listener().stageStarted(stage.name());
    warnOfOtherMachine(stage);
    long start = System.nanoTime();
    Fingerprint fingerprint = fingerprint(stage);
    stage.work().run();
    double seconds = (System.nanoTime() - start) / 1e9;
    Map<String, String> outputs = new LinkedHashMap<>();
    for (String output : stage.outputs()) {
      outputs.put(output, Fingerprint.ofFile(directory.resolve(output)));
    }
    StageLog.Entry now = new StageLog.Entry(fingerprint, outputs, seconds, environment);
    if (before.isPresent() && endedOtherwise(before.get(), now)) {
      forgetProgressAfter(stage);
    }
    directory.stages().put(stage.name(), now);
    forgetIfTransitory(stage);
    context.listener().stageFinished(stage.name(), seconds);
  }

  /** What has no output that is looked at is known by what went into it. */
  private static boolean endedOtherwise(StageLog.Entry before, StageLog.Entry now) {
    return now.outputs().isEmpty()
        ? !before.fingerprint().equals(now.fingerprint())
        : !before.outputs().equals(now.outputs());
  }
}
