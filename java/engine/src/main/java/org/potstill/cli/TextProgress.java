package org.potstill.cli;

import java.io.PrintStream;
import org.potstill.run.Durations;

/** Progress as text for people. */
final class TextProgress implements ProgressListener {

  private final PrintStream err;
  private final ProgressView view;
  private final boolean quiet;

  /** Only warnings where {@code quiet}. */
  TextProgress(PrintStream err, ProgressView view, boolean quiet) {
    this.err = err;
    this.view = view;
    this.quiet = quiet;
  }

  @Override
  public void stageStarted(String stage) {
    say(stage + " ...");
  }

  @Override
  public void stageSkipped(String stage) {
    say(stage + ": finished before");
  }

  @Override
  public void stageFinished(String stage, double seconds) {
    say(stage + ": done in " + Durations.text(seconds));
  }

  @Override
  public void progress(String stage, String task, long done, long total, String unit) {
    view.update(task, done, total, unit);
  }

  @Override
  public void note(String stage, String message) {
    say(stage + ": " + message);
  }

  @Override
  public void warning(String stage, String message) {
    view.clear();
    err.println("warning: " + stage + ": " + message);
  }

  private void say(String line) {
    view.clear();
    if (!quiet) {
      err.println(line);
    }
  }

  @Override
  public void close() {
    view.clear();
  }
}
