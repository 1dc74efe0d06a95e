package org.potstill.cli;

import java.io.PrintStream;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.LongSupplier;

/** Progress as one JSON event a line, for other programs. */
final class JsonProgress implements ProgressListener {

  private static final long INTERVAL_NANOS = 500_000_000;

  private final PrintStream out;
  private final LongSupplier nanoTime;
  private String task;
  private long lastNanos;

  /** The latest progress where it was not told; else null. */
  private Runnable untold;

  JsonProgress(PrintStream out) {
    this(out, System::nanoTime);
  }

  /** With another clock, for tests. */
  JsonProgress(PrintStream out, LongSupplier nanoTime) {
    this.out = out;
    this.nanoTime = nanoTime;
  }

  @Override
  public void stageStarted(String stage) {
    print("stage-started", stage, Map.of());
  }

  @Override
  public void stageSkipped(String stage) {
    print("stage-skipped", stage, Map.of());
  }

  @Override
  public void stageFinished(String stage, double seconds) {
    tellLast();
    print("stage-finished", stage, Map.of("seconds", seconds));
  }

  /** The first and the last of every task, and at most two a second between them. */
  @Override
  public void progress(String stage, String newTask, long done, long total, String unit) {
    long now = nanoTime.getAsLong();
    boolean first = !newTask.equals(task);
    if (first) {
      // Which one is the last shows where another task begins.
      tellLast();
    }
    task = newTask;
    Map<String, Object> details = new LinkedHashMap<>();
    details.put("task", newTask);
    details.put("done", done);
    details.put("total", total);
    details.put("unit", unit);
    untold = () -> print("progress", stage, details);
    if (first || done >= total || now - lastNanos >= INTERVAL_NANOS) {
      lastNanos = now;
      tellLast();
    }
  }

  private void tellLast() {
    if (untold != null) {
      untold.run();
      untold = null;
    }
  }

  @Override
  public void metric(String stage, long step, String name, double value) {
    Map<String, Object> details = new LinkedHashMap<>();
    details.put("step", step);
    details.put("name", name);
    // JSON has no NaN and no infinity.
    details.put("value", Double.isFinite(value) ? (Object) value : null);
    print("metric", stage, details);
  }

  @Override
  public void note(String stage, String message) {
    print("note", stage, Map.of("message", message));
  }

  @Override
  public void warning(String stage, String message) {
    print("warning", stage, Map.of("message", message));
  }

  private void print(String event, String stage, Map<String, ?> details) {
    Map<String, Object> line = new LinkedHashMap<>();
    line.put("event", event);
    line.put("stage", stage);
    line.putAll(details);
    JsonLines.print(out, line);
  }

  @Override
  public void close() {}
}
