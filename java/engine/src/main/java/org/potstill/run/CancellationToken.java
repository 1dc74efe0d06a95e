package org.potstill.run;

import org.potstill.errors.RunCancelledException;

/** Lets another thread ask a run to stop; the run stops after its current step. */
public final class CancellationToken {

  private final CancellationToken parent;
  private volatile boolean cancelled;

  /** A token of a run that nobody has asked to stop. */
  public CancellationToken() {
    this(null);
  }

  private CancellationToken(CancellationToken parent) {
    this.parent = parent;
  }

  /** A token of a part of the run: it stops with the run, and alone where it is asked itself. */
  public CancellationToken child() {
    return new CancellationToken(this);
  }

  /** Asks the run to stop; may be called from any thread, also from a signal handler. */
  public void cancel() {
    cancelled = true;
  }

  /** Whether the run was asked to stop. */
  public boolean isCancelled() {
    return cancelled || (parent != null && parent.isCancelled());
  }

  /**
   * Ends the work at a place where nothing is lost by it.
   *
   * @throws RunCancelledException where the run was asked to stop
   */
  public void throwIfCancelled() {
    if (isCancelled()) {
      throw new RunCancelledException("interrupted; continue it with --resume");
    }
  }
}
