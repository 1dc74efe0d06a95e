package org.potstill.sweep;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.potstill.config.Config;
import org.potstill.config.ConfigLoader;
import org.potstill.config.ConfigValues;
import org.potstill.config.Sweep;
import org.potstill.data.Dataset;
import org.potstill.data.Datasets;
import org.potstill.errors.InputException;
import org.potstill.errors.PotstillException;
import org.potstill.errors.RunCancelledException;
import org.potstill.pipeline.Preflight;
import org.potstill.pipeline.RunOptions;
import org.potstill.pipeline.RunResult;
import org.potstill.pipeline.RunSession;
import org.potstill.report.SweepTable;
import org.potstill.run.CancellationToken;
import org.potstill.run.Existing;
import org.potstill.run.RunDirectory;
import org.potstill.run.RunListener;
import org.potstill.run.StageLog;
import org.potstill.score.ScoreStage;

/**
 * Runs the runs of a sweep one after the other. One that fails does not stop the others: a sweep
 * takes days, and the rest of the table is worth having.
 */
public final class SweepRunner {

  private final Sweep sweep;
  private final List<Sweep.Run> chosen;
  private final SweepListener listener;
  private final CancellationToken cancellation;

  /**
   * A runner.
   *
   * @param chosen the runs of {@code sweep} that are asked for
   */
  public SweepRunner(
      Sweep sweep, List<Sweep.Run> chosen, SweepListener listener, CancellationToken cancellation) {
    this.sweep = sweep;
    this.chosen = chosen;
    this.listener = listener;
    this.cancellation = cancellation;
  }

  /**
   * Runs all that were asked for, and writes the table after each.
   *
   * @param options what is done with run directories that are already there
   * @throws InputException before anything is written, where one of the runs cannot begin
   * @throws RunCancelledException where it was asked to stop; finished runs are kept
   */
  public SweepResult run(RunOptions options) {
    if (RunDirectory.holdsWork(sweep.out())) {
      throw new InputException(
          sweep.out() + " is the directory of a run; choose another --out for the sweep");
    }
    if (options.existing() == Existing.FAIL) {
      refuseExisting();
    }
    checkAll(options);
    if (options.existing() == Existing.OVERWRITE) {
      // All at once: a sweep that is stopped and resumed must not take old runs for its own.
      chosen.forEach(
          run -> RunDirectory.open(run.config().run().out(), Existing.OVERWRITE).close());
    }
    List<RunResult> finished = new ArrayList<>();
    Map<Sweep.Run, RuntimeException> failed = new LinkedHashMap<>();
    SweepTable table = null;
    int number = 0;
    for (Sweep.Run run : chosen) {
      cancellation.throwIfCancelled();
      RunListener progress = listener.runStarted(run, ++number, chosen.size());
      try {
        RunResult result = run(configOf(run), progress);
        finished.add(result);
        listener.runFinished(run, result);
      } catch (RunCancelledException e) {
        throw e;
      } catch (RuntimeException e) {
        failed.put(run, e);
        listener.runFailed(run, e);
      }
      table = SweepTable.update(sweep, failed);
    }
    return new SweepResult(
        sweep.out(), table, List.copyOf(finished), Collections.unmodifiableMap(failed));
  }

  private RunResult run(Config config, RunListener progress) {
    try (RunSession session =
        RunSession.openForRun(config, RunOptions.RESUME, progress, cancellation)) {
      return session.runAll();
    }
  }

  private void refuseExisting() {
    List<Sweep.Run> there =
        chosen.stream().filter(run -> Files.exists(run.config().run().out())).toList();
    if (!there.isEmpty()) {
      throw new InputException(
          there.size()
              + " of "
              + chosen.size()
              + " runs of this sweep exist in "
              + sweep.out()
              + ", for example "
              + there.get(0).folder()
              + "; --resume continues them, --overwrite starts anew, --out chooses another folder");
    }
  }

  /** What can be told before the first run, of all: so that the last does not fail in a week. */
  private void checkAll(RunOptions options) {
    for (Sweep.Run run : chosen) {
      if (options.existing() == Existing.RESUME && isBegun(run)) {
        continue;
      }
      Config config = run.config();
      try (Dataset data = Datasets.open(config.data(), config.run().seed())) {
        Preflight.check(config, data);
      } catch (PotstillException e) {
        throw new InputException("run " + run.folder() + ": " + e.getMessage(), e);
      }
    }
  }

  private static boolean isBegun(Sweep.Run run) {
    return RunDirectory.holdsWork(run.config().run().out());
  }

  /**
   * The configuration with the scores of another run, where one has scored the same images in the
   * same way: scoring a large data set takes longer than distilling it. A run that was begun keeps
   * to what it began with.
   */
  private Config configOf(Sweep.Run run) {
    Config config = run.config();
    boolean scores = RunSession.stages(config).contains(ScoreStage.NAME);
    if (!scores || config.score().from() != null) {
      return config;
    }
    if (isBegun(run)) {
      Path from = begunWith(run).score().from();
      return from == null ? config : config.withScoresFrom(from);
    }
    return sweep.runs().stream()
        .filter(SweepRunner::hasScored)
        .filter(other -> scoring(other.config()).equals(scoring(config)))
        .findFirst()
        .map(other -> config.withScoresFrom(other.config().run().out()))
        .orElse(config);
  }

  private static Config begunWith(Sweep.Run run) {
    return ConfigLoader.load(run.config().run().out().resolve("config.yaml"), List.of());
  }

  private static boolean hasScored(Sweep.Run run) {
    return StageLog.in(run.config().run().out()).entry(ScoreStage.NAME).isPresent();
  }

  /** All settings that scores depend on. */
  private static Map<String, String> scoring(Config config) {
    Map<String, String> values = new TreeMap<>(ConfigValues.of(config));
    values.keySet().removeIf(key -> !isOfScoring(key));
    return values;
  }

  private static boolean isOfScoring(String key) {
    return key.startsWith("score.")
        || key.startsWith("data.")
        || (key.startsWith("run.") && !key.equals("run.name") && !key.equals("run.out"));
  }
}
