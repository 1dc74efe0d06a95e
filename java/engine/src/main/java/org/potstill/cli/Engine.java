package org.potstill.cli;

import org.potstill.config.Config;
import org.potstill.pipeline.RunOptions;
import org.potstill.pipeline.RunResult;
import org.potstill.run.CancellationToken;
import org.potstill.run.RunListener;

/** What the running commands call. */
@FunctionalInterface
interface Engine {

  /**
   * Runs one stage, or all of them.
   *
   * @param stage null for all
   */
  RunResult run(
      String stage,
      Config config,
      RunOptions options,
      RunListener listener,
      CancellationToken cancellation);
}
