package org.potstill.cli;

import org.potstill.Potstill;
import org.potstill.config.Config;
import org.potstill.pipeline.RunOptions;
import org.potstill.pipeline.RunResult;
import org.potstill.run.CancellationToken;
import org.potstill.run.RunListener;

/** What the running commands call. */
@FunctionalInterface
interface Engine {

  /** The library. */
  Engine POTSTILL =
      (stage, config, options, listener, cancellation) ->
          stage == null
              ? Potstill.run(config, options, listener, cancellation)
              : Potstill.runStage(stage, config, options, listener, cancellation);

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
