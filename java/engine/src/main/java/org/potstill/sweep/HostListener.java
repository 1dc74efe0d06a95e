package org.potstill.sweep;

import org.potstill.run.RunListener;

/**
 * The host's listener of a run, and what it threw: that ends the sweep, unlike a run that fails.
 */
final class HostListener implements RunListener {

  private final RunListener host;

  /** Stages call from threads of their own. */
  private volatile Throwable thrown;

  HostListener(RunListener host) {
    this.host = host;
  }

  /** What the host's listener threw first; null where it did not. */
  Throwable thrown() {
    return thrown;
  }

  private void tell(Runnable call) {
    try {
      call.run();
    } catch (RuntimeException | Error e) {
      thrown = thrown == null ? e : thrown;
      throw e;
    }
  }

  @Override
  public void stageStarted(String stage) {
    tell(() -> host.stageStarted(stage));
  }

  @Override
  public void stageSkipped(String stage) {
    tell(() -> host.stageSkipped(stage));
  }

  @Override
  public void stageFinished(String stage, double seconds) {
    tell(() -> host.stageFinished(stage, seconds));
  }

  @Override
  public void progress(String stage, String task, long done, long total, String unit) {
    tell(() -> host.progress(stage, task, done, total, unit));
  }

  @Override
  public void metric(String stage, long step, String name, double value) {
    tell(() -> host.metric(stage, step, name, value));
  }

  @Override
  public void note(String stage, String message) {
    tell(() -> host.note(stage, message));
  }

  @Override
  public void warning(String stage, String message) {
    tell(() -> host.warning(stage, message));
  }
}
