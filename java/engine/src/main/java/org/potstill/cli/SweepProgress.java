package org.potstill.cli;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.LongSupplier;
import org.potstill.config.Sweep;
import org.potstill.pipeline.RunResult;
import org.potstill.run.Durations;
import org.potstill.run.RunListener;
import org.potstill.sweep.SweepListener;

/** Shows which run of a sweep is at work, and its progress; every run has a log of its own. */
final class SweepProgress implements SweepListener, AutoCloseable {

  private final Streams streams;
  private final Output output;
  private final LongSupplier nanoTime;

  /** Runs that had something to do, and what they took in all. */
  private int worked;

  private long workedNanos;
  private long startNanos;
  private Logging logging;
  private ProgressListener progress;

  SweepProgress(Streams streams, Output output) {
    this(streams, output, System::nanoTime);
  }

  /** With another clock, for tests. */
  SweepProgress(Streams streams, Output output, LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
    this.streams = streams;
    this.output = output;
    this.logging = Logging.setUp(streams, output);
  }

  @Override
  public RunListener runStarted(Sweep.Run run, int number, int of) {
    if (output.json()) {
      Map<String, Object> event = event("sweep-run-started", run);
      event.put("values", run.values());
      event.put("number", number);
      event.put("of", of);
      JsonLines.print(streams.out(), event);
    } else if (!output.quiet()) {
      String left = timeLeft(of - number + 1);
      streams.err().println("run " + number + " of " + of + ": " + run.folder() + left);
    }
    startNanos = nanoTime.getAsLong();
    logging.close();
    logging = Logging.setUp(streams, output);
    progress = Progress.listener(streams, output, logging, run.config());
    return progress;
  }

  /** By the mean of those that were run; nothing before the first. */
  private String timeLeft(int runs) {
    if (worked == 0) {
      return "";
    }
    double seconds = 1e-9 * workedNanos / worked * runs;
    return ", about " + Durations.text(seconds) + " left for all";
  }

  @Override
  public void runFinished(Sweep.Run run, RunResult result) {
    hideProgress();
    if (!result.wasFinished()) {
      worked++;
      workedNanos += nanoTime.getAsLong() - startNanos;
    }
    if (output.json()) {
      Map<String, Object> event = event("sweep-run-finished", run);
      Summary.of(result).putInto(event);
      JsonLines.print(streams.out(), event);
    }
    if (result.leftOut() > 0) {
      streams.err().println(Summary.leftOutWarning(result));
    }
  }

  @Override
  public void runFailed(Sweep.Run run, Throwable reason) {
    hideProgress();
    Failure failure = Failure.of(reason);
    if (output.json()) {
      Map<String, Object> event = event("sweep-run-failed", run);
      event.put("message", failure.message());
      JsonLines.print(streams.out(), event);
    }
    streams.err().println("error: run " + run.folder() + ": " + failure.message());
    if (output.debug()) {
      reason.printStackTrace(streams.err());
    }
  }

  private static Map<String, Object> event(String name, Sweep.Run run) {
    Map<String, Object> event = new LinkedHashMap<>();
    event.put("event", name);
    event.put("run", run.folder());
    return event;
  }

  private void hideProgress() {
    if (progress != null) {
      progress.close();
      progress = null;
    }
  }

  /** Takes the progress of a run that was stopped off the screen. */
  @Override
  public void close() {
    hideProgress();
    logging.close();
  }
}
