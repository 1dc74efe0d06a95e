package org.potstill.pipeline;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import org.potstill.errors.InputException;
import org.potstill.run.Fingerprint;
import org.potstill.run.RunDirectory;
import org.potstill.run.StageLog;

/**
 * Whether the stages that a run directory has on record still fit.
 *
 * <p>A finished stage fits while its fingerprint does: the configuration keys it depends on, the
 * data set, the stage before, the files it read. One that no longer fits is an error that names the
 * key or file, except where it may grow or be repeated.
 */
final class StageFit {

  static final String THREADS = "run.threads";
  static final String DEVICE = "run.device";
  static final String DETERMINISTIC = "run.deterministic";

  private static final String DATA_SET = StageLog.Entry.DATA_SET;

  private final List<Stage> stages;
  private final Map<String, String> config;
  private final Function<Stage, String> dataFingerprint;
  private final RunDirectory directory;

  /**
   * The stages of a run.
   *
   * @param config every key path of the resolved configuration with its value
   * @param dataFingerprint what stands for the content of the data set, as far as a stage reads it
   */
  StageFit(
      List<Stage> stages,
      Map<String, String> config,
      Function<Stage, String> dataFingerprint,
      RunDirectory directory) {
    this.stages = stages;
    this.config = config;
    this.dataFingerprint = dataFingerprint;
    this.directory = directory;
  }

  /**
   * Whether a stage is on record as finished and need not run again.
   *
   * @throws InputException where what is on record, or one of its files, no longer fits, and the
   *     stage can neither grow nor be repeated
   */
  boolean isFinished(Stage stage) {
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
    Fingerprint here = fingerprint(stage);
    Fingerprint before = compared(entry.get().fingerprint(), here);
    Fingerprint now = compared(here, entry.get().fingerprint());
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
            + "; undo the change, make it anew from that stage on (engine.jar "
            + stage.name()
            + " CONFIG --overwrite), or choose another --out");
  }

  /** The digest of the data set tells nothing; and where a key changed it, that is to be named. */
  private static String difference(Fingerprint before, Fingerprint now) {
    return without(DATA_SET, before)
        .firstDifference(without(DATA_SET, now))
        .orElse("files of the data set were added, removed or changed");
  }

  /** Whether a stage that was finished with {@code before} would be the same with {@code now}. */
  static boolean fits(Fingerprint before, Fingerprint now) {
    return compared(before, now).equals(compared(now, before));
  }

  /**
   * What of a fingerprint decides whether it fits {@code other}. Another number of threads or
   * another kind of device, like other kernels, is another machine's: it changes the last bits, and
   * {@link StageRunner} warns of it. The CPU knows no wish for the same bits.
   */
  private static Fingerprint compared(Fingerprint fingerprint, Fingerprint other) {
    Fingerprint rest = without(DEVICE, without(THREADS, fingerprint));
    return Objects.equals(device(fingerprint), device(other)) ? rest : without(DETERMINISTIC, rest);
  }

  private static String device(Fingerprint fingerprint) {
    return fingerprint.values().get(DEVICE);
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
  Optional<String> toMakeAnew(Stage stage, StageLog.Entry entry) {
    Optional<Path> missing = missing(entry);
    if (missing.isPresent() || !stage.repeatable()) {
      return missing.map(file -> file + " is missing and is made anew");
    }
    return new StageOutputs(stages, directory)
        .damaged(stage, entry)
        .map(file -> file + " is damaged and is made anew");
  }

  /** What goes into a stage now: settings, data set, the stage before, files that it reads. */
  Fingerprint fingerprint(Stage stage) {
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
}
