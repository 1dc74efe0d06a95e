package org.potstill.sweep;

import org.potstill.config.Sweep;
import org.potstill.pipeline.RunResult;
import org.potstill.run.RunListener;

/**
 * Hears of the runs of a sweep, from the thread that runs them. What it throws, or what hears of
 * the progress of a run, ends the sweep, which can be resumed, and is thrown by the call that runs
 * it.
 */
public interface SweepListener {

  /** Hears of nothing. */
  SweepListener SILENT = new SweepListener() {};

  /**
   * A run begins, or goes on.
   *
   * @param number counted from 1 among those that were asked for
   * @param of how many were asked for
   * @return what hears of its progress
   */
  default RunListener runStarted(Sweep.Run run, int number, int of) {
    return RunListener.SILENT;
  }

  /** It came to its end. */
  default void runFinished(Sweep.Run run, RunResult result) {}

  /** It could not be begun, or failed on the way; the next one follows. */
  default void runFailed(Sweep.Run run, Throwable reason) {}
}
