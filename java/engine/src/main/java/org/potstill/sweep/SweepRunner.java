package org.potstill.sweep;

import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.potstill.config.Config;
import org.potstill.config.Sweep;
import org.potstill.data.Dataset;
import org.potstill.data.Datasets;
import org.potstill.errors.InputException;
import org.potstill.errors.PotstillException;
import org.potstill.errors.Rethrown;
import org.potstill.errors.RunCancelledException;
import org.potstill.errors.RunFailedException;
import org.potstill.experts.ExpertsStage;
import org.potstill.pipeline.RunOptions;
import org.potstill.pipeline.RunResult;
import org.potstill.pipeline.RunSession;
import org.potstill.report.SweepTable;
import org.potstill.run.CancellationToken;
import org.potstill.run.Existing;
import org.potstill.run.RunDirectory;
import org.potstill.run.RunListener;
import org.potstill.tensor.Devices;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs the runs of a sweep one after the other. One that fails does not stop the others: a sweep
 * takes days, and the rest of the table is worth having.
 */
public final class SweepRunner {

  private static final Logger LOG = LoggerFactory.getLogger(SweepRunner.class);

  private final Sweep sweep;
  private final Lenders lenders;
  private final List<Sweep.Run> chosen;
  private final SweepListener listener;
  private final CancellationToken cancellation;
  private final List<RunResult> finished = new ArrayList<>();
  private final Map<Sweep.Run, SweepTable.Failure> failed = new LinkedHashMap<>();

  /**
   * A runner, for one call.
   *
   * @param chosen the runs of {@code sweep} that are asked for
   */
  public SweepRunner(
      Sweep sweep, List<Sweep.Run> chosen, SweepListener listener, CancellationToken cancellation) {
    this.sweep = sweep;
    this.lenders = new Lenders(sweep);
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
    check(options.existing());
    if (options.existing() == Existing.OVERWRITE) {
      clear();
    }
    int number = 0;
    for (Sweep.Run run : chosen) {
      cancellation.throwIfCancelled();
      RunListener progress = listener.runStarted(run, ++number, chosen.size());
      if (run(run, new HostListener(progress))) {
        updateTable();
      }
    }
    SweepTable table = SweepTable.update(sweep, failed);
    failed.keySet().retainAll(table.failed());
    Map<Sweep.Run, Throwable> reasons = new LinkedHashMap<>();
    failed.forEach((run, failure) -> reasons.put(run, failure.reason()));
    return new SweepResult(
        sweep.out(), table, List.copyOf(finished), Collections.unmodifiableMap(reasons));
  }

  /** Whether it did anything, be it in vain. */
  private boolean run(Sweep.Run run, HostListener progress) {
    RunResult result;
    try (RunSession session =
        RunSession.openForRun(configOf(run), RunOptions.RESUME, progress, cancellation)) {
      result = session.runAll();
    } catch (RunCancelledException e) {
      throw e;
    } catch (RuntimeException | Error e) {
      if (progress.thrown() != null) {
        throw Rethrown.asItIs(progress.thrown());
      }
      failed.put(run, SweepTable.Failure.of(run, e));
      listener.runFailed(run, e);
      return true;
    }
    finished.add(result);
    listener.runFinished(run, result);
    return !result.wasFinished();
  }

  /** With what it takes from others; experts that do not fit any more it trains itself. */
  private Config configOf(Sweep.Run run) {
    Config config = lenders.borrowing(run);
    boolean lent =
        config.experts() != null
            && config.experts().from() != null
            && run.config().experts().from() == null;
    if (!lent) {
      return config;
    }
    try (Dataset data = Datasets.open(config.data(), config.run().seed())) {
      return withFitting(config, data, run);
    }
  }

  private static Config withFitting(Config config, Dataset data, Sweep.Run run) {
    try {
      ExpertsStage.requireLender(config, data);
      return config;
    } catch (InputException e) {
      LOG.warn("{}: {}; they are trained anew", run.folder(), e.getMessage());
      return config.withExpertsFrom(null);
    }
  }

  /** One that cannot be written now may be after the next run; the last one has to be. */
  private void updateTable() {
    try {
      SweepTable.update(sweep, failed);
    } catch (RunFailedException e) {
      LOG.warn("the table of the sweep is not up to date: {}", e.getMessage());
    }
  }

  /**
   * Checks that a sweep can be written where it is to go; makes nothing.
   *
   * @throws InputException where it cannot, or a run is there
   */
  public static void requirePlace(Sweep sweep) {
    if (RunDirectory.holdsWork(sweep.out())) {
      throw new InputException(
          sweep.out() + " is the directory of a run; choose another --out for the sweep");
    }
    RunDirectory.requireWritable(sweep.out());
  }

  private void check(Existing existing) {
    requirePlace(sweep);
    if (existing == Existing.FAIL) {
      refuseExisting();
    }
    SweepStart start = new SweepStart(sweep);
    try (OpenDatasets datasets = new OpenDatasets()) {
      for (Sweep.Run run : chosen) {
        try {
          new Devices().choose(run.config().run().device(), "run.device");
          start.require(run, datasets, existing);
        } catch (PotstillException e) {
          throw new InputException("run " + run.folder() + ": " + e.getMessage(), e);
        }
      }
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

  /**
   * Clears all at once: a sweep that is stopped and resumed must not take old runs for its own. And
   * none before all are known to be runs that no other process works at.
   */
  private void clear() {
    List<RunDirectory> held = new ArrayList<>();
    try {
      for (Sweep.Run run : chosen) {
        if (Files.exists(run.config().run().out())) {
          held.add(RunDirectory.open(run.config().run().out(), Existing.RESUME));
        }
      }
      held.forEach(RunDirectory::clearRun);
    } finally {
      held.forEach(RunDirectory::close);
    }
    SweepTable.update(sweep, Map.of());
  }
}
