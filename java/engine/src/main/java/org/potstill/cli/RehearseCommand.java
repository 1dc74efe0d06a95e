package org.potstill.cli;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.potstill.config.Config;
import org.potstill.config.Sweep;
import org.potstill.errors.InputException;
import org.potstill.errors.RunFailedException;
import org.potstill.pipeline.RunForecast;
import org.potstill.run.CancellationToken;
import org.potstill.run.Durations;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Does a little of every stage and tells how long a run, or those of a sweep, will take. */
@Command(mixinStandardHelpOptions = true, versionProvider = Version.class, sortOptions = false)
final class RehearseCommand implements Callable<Integer>, HasOutput {

  @Mixin private ConfigOptions config;
  @Mixin private Output output;
  @Mixin private NativeOptions natives;

  @Option(
      names = "--only",
      paramLabel = "AXIS=VALUE",
      description = "Of a sweep, rehearse these runs alone, as 'sweep' has it; may be repeated.")
  private List<String> only = new ArrayList<>();

  private final Engine engine;
  private final Streams streams;

  RehearseCommand(Engine engine, Streams streams) {
    this.engine = engine;
    this.streams = streams;
  }

  @Override
  public Output output() {
    return output;
  }

  @Override
  public Integer call() {
    List<Sweep.Run> runs = config.isSweep() ? config.loadSweep().only(only) : List.of();
    if (runs.isEmpty() && !only.isEmpty()) {
      throw new InputException(
          "--only: chooses runs of a sweep, and " + config.file() + " is none");
    }
    CancellationToken cancellation = new CancellationToken();
    try (Logging logging = Logging.setUp(streams, output);
        Interrupts interrupts = Interrupts.cancel(cancellation, streams.err(), false)) {
      if (runs.isEmpty()) {
        Config resolved = config.loadAndWarn(streams, output);
        natives.apply();
        show("", rehearse(resolved, cancellation));
      } else {
        natives.apply();
        rehearse(runs, cancellation);
      }
    }
    return 0;
  }

  private RunForecast rehearse(Config resolved, CancellationToken cancellation) {
    try (ProgressListener listener = Progress.unlogged(streams, output)) {
      return engine.rehearse(resolved, listener, cancellation);
    }
  }

  private void rehearse(List<Sweep.Run> runs, CancellationToken cancellation) {
    double all = 0;
    for (Sweep.Run run : runs) {
      RunForecast forecast = rehearse(run, cancellation);
      show(run.folder(), forecast);
      all += forecast.seconds();
    }
    if (!output.json()) {
      line("all runs", all, "less what they take from each other");
    }
  }

  private RunForecast rehearse(Sweep.Run run, CancellationToken cancellation) {
    String which = "run " + run.folder() + ": ";
    try {
      return rehearse(run.config(), cancellation);
    } catch (InputException e) {
      throw new InputException(which + e.getMessage(), e);
    } catch (RunFailedException e) {
      throw new RunFailedException(which + e.getMessage(), e);
    }
  }

  /** One run, of a sweep where its folder is not empty. */
  private void show(String folder, RunForecast forecast) {
    if (output.json()) {
      JsonLines.print(streams.out(), event(folder, forecast));
      return;
    }
    if (!folder.isEmpty()) {
      streams.out().println(folder);
    }
    for (RunForecast.StageTime stage : forecast.stages()) {
      line(stage.stage(), stage.seconds(), stage.words());
    }
    line("together", forecast.seconds(), "roughly, if nothing else computes here");
  }

  private void line(String what, double seconds, String words) {
    streams.out().printf(Locale.ROOT, "%-9s  %-12s  %s%n", what, Durations.text(seconds), words);
  }

  private static Map<String, Object> event(String folder, RunForecast forecast) {
    Map<String, Object> seconds = new LinkedHashMap<>();
    forecast.stages().forEach(stage -> seconds.put(stage.stage(), stage.seconds()));
    Map<String, Object> event = new LinkedHashMap<>();
    event.put("event", "rehearsed");
    if (!folder.isEmpty()) {
      event.put("run", folder);
    }
    event.put("seconds", forecast.seconds());
    event.put("secondsByStage", seconds);
    return event;
  }
}
