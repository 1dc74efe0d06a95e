package org.potstill.cli;

import java.io.PrintStream;
import java.util.Locale;
import java.util.function.LongSupplier;
import org.potstill.run.Durations;

/** A plain line every few seconds, where there is no terminal. */
final class LineView implements ProgressView {

  private static final double INTERVAL_SECONDS = 5;

  private final PrintStream err;
  private final LongSupplier nanoTime;
  private String task;
  private long startDone;
  private long startNanos;
  private long lastNanos;

  LineView(PrintStream err) {
    this(err, System::nanoTime);
  }

  /** With another clock, for tests. */
  LineView(PrintStream err, LongSupplier nanoTime) {
    this.err = err;
    this.nanoTime = nanoTime;
  }

  @Override
  public void update(String newTask, long done, long total, String unit) {
    long now = nanoTime.getAsLong();
    if (!newTask.equals(task)) {
      task = newTask;
      startDone = done;
      startNanos = now;
      lastNanos = now;
      return;
    }
    if (seconds(lastNanos, now) < INTERVAL_SECONDS || done <= startDone) {
      return;
    }
    lastNanos = now;
    double rate = (done - startDone) / seconds(startNanos, now);
    err.println(
        String.format(
            Locale.ROOT,
            "%s: %d of %d %s, %s/s, %s left",
            task,
            done,
            total,
            unit,
            rate >= 10 ? Long.toString(Math.round(rate)) : String.format(Locale.ROOT, "%.2g", rate),
            Durations.text((total - done) / rate)));
  }

  @Override
  public void clear() {
    task = null;
  }

  private static double seconds(long from, long to) {
    return (to - from) / 1e9;
  }
}
