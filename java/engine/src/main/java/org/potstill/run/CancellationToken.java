package org.potstill.run;

import org.potstill.errors.RunCancelledException;

/** Lets another thread ask a run to stop; the run stops after its current step. */
public final class CancellationToken {

  private volatile boolean cancelled;

  /** Asks the run to stop; may be called from any thread, also from a signal handler. */
  public void cancel() {
    cancelled = true;
  }

  /** Whether the run was asked to stop. */
  public boolean isCancelled() {
    return cancelled;
  }

  /**
   * Ends the work at a place where nothing is lost by it.
   *
   * @throws RunCancelledException where the run was asked to stop
   */
  public void throwIfCancelled() {
    if (cancelled) {
      throw new RunCancelledException("interrupted; continue it with --resume");
    }
  }
}
