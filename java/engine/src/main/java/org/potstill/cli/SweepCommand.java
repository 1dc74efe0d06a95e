package org.potstill.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.potstill.config.Config;
import org.potstill.config.Sweep;
import org.potstill.data.Dataset;
import org.potstill.errors.InputException;
import org.potstill.errors.PotstillException;
import org.potstill.experts.ExpertNeeds;
import org.potstill.report.ReportStage;
import org.potstill.report.SweepTable;
import org.potstill.run.CancellationToken;
import org.potstill.run.StageLog;
import org.potstill.sweep.OpenDatasets;
import org.potstill.sweep.SweepResult;
import org.potstill.sweep.SweepRunner;
import org.potstill.sweep.SweepStart;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Runs a config in many variants. */
@Command(mixinStandardHelpOptions = true, versionProvider = Version.class, sortOptions = false)
final class SweepCommand extends RunningCommand {

  @Option(
      names = "--only",
      paramLabel = "AXIS=VALUE",
      description =
          "Run a part of the sweep, for example --only distill.method=dm or, for several values,"
              + " --only data.classes=a,b; may be repeated. The table shows everything that was"
              + " ever run.")
  private List<String> only = new ArrayList<>();

  /** The command over {@code engine}. */
  SweepCommand(Engine engine, Streams streams) {
    super(null, engine, streams);
  }

  @Override
  public Integer call() {
    Sweep sweep = config().loadSweep();
    List<Sweep.Run> runs = sweep.only(only);
    CancellationToken cancellation = new CancellationToken();
    try (Interrupts interrupts = Interrupts.cancel(cancellation, streams().err());
        SweepProgress progress = new SweepProgress(streams(), output())) {
      if (isDryRun()) {
        SweepRunner.requirePlace(sweep);
        return show(sweep, runs);
      }
      applyNatives();
      return report(engine().sweep(sweep, runs, options(), progress, cancellation));
    }
  }

  /** What would be run, and what it needs. */
  private int show(Sweep sweep, List<Sweep.Run> runs) {
    Estimate all = null;
    SweepStart start = new SweepStart(sweep);
    try (OpenDatasets datasets = new OpenDatasets()) {
      for (Sweep.Run run : runs) {
        Estimate needs = needs(run, start, datasets);
        List<String> done = finished(run);
        if (!done.contains(ReportStage.NAME)) {
          all = all == null ? needs : all.then(needs);
        }
        show(run, done, needs);
      }
    }
    if (!output().json()) {
      streams().out().println(all == null ? "# all are finished" : "# needs:  " + all.words());
    }
    return 0;
  }

  private Estimate needs(Sweep.Run run, SweepStart start, OpenDatasets datasets) {
    try {
      Config config = run.config();
      DryRun.requireDevice(config, natives());
      start.require(run, datasets, options().existing());
      Dataset data = datasets.of(config);
      Estimate needs = Estimate.of(config, data);
      return config.experts() == null ? needs : needs.withExperts(ExpertNeeds.of(config, data));
    } catch (PotstillException e) {
      throw new InputException("run " + run.folder() + ": " + e.getMessage(), e);
    }
  }

  private List<String> finished(Sweep.Run run) {
    try {
      return List.copyOf(StageLog.in(run.config().run().out()).entries().keySet());
    } catch (InputException e) {
      Warning.print(streams(), output(), null, "run " + run.folder() + ": " + e.getMessage());
      return List.of();
    }
  }

  private void show(Sweep.Run run, List<String> finished, Estimate needs) {
    if (output().json()) {
      Map<String, Object> event = new LinkedHashMap<>();
      event.put("event", "sweep-run");
      event.put("run", run.folder());
      event.put("values", run.values());
      event.put("directory", run.config().run().out().toString());
      event.put("finished", finished);
      event.put("memoryBytes", needs.memoryBytes());
      event.put("diskBytes", needs.diskBytes());
      if (!run.config().run().device().equals("cpu")) {
        event.put("gpuBytes", needs.gpuBytes());
      }
      JsonLines.print(streams().out(), event);
    } else {
      String state = finished.isEmpty() ? "to be run" : "finished: " + String.join(", ", finished);
      streams().out().println(run.folder() + ": " + state);
    }
  }

  /** Writes the table to standard output, and on failures to standard error; the exit status. */
  private int report(SweepResult result) {
    int leftOut = result.finished().stream().mapToInt(run -> run.leftOut()).sum();
    int status = !result.failed().isEmpty() ? 1 : leftOut > 0 ? Summary.SOME_LEFT_OUT : 0;
    Path page = result.directory().resolve(SweepTable.PAGE);
    if (output().json()) {
      Map<String, Object> event = new LinkedHashMap<>();
      event.put("event", "sweep-finished");
      event.put("status", status);
      event.put("directory", result.directory().toString());
      event.put("finished", result.finished().size());
      event.put("failed", result.failed().keySet().stream().map(Sweep.Run::folder).toList());
      event.put("page", page.toString());
      JsonLines.print(streams().out(), event);
    } else if (!output().quiet()) {
      result.table().lines().forEach(streams().out()::println);
      streams().out().println("table: " + page);
    }
    for (String warning : result.table().warnings()) {
      Warning.print(streams(), output(), "table", warning);
    }
    if (!result.failed().isEmpty()) {
      int all = result.failed().size() + result.finished().size();
      streams()
          .err()
          .println(
              "error: "
                  + result.failed().size()
                  + " of "
                  + all
                  + " runs failed, see above; --resume tries them again (the CONFIG of one alone is"
                  + " the config.yaml in its directory)");
    }
    return status;
  }
}
