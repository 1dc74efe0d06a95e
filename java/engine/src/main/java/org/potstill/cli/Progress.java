package org.potstill.cli;

import org.potstill.config.Config;

/** Chooses how progress is shown. */
final class Progress {

  private Progress() {}

  /** JSON with --json, warnings only with --quiet, bars on a terminal, else plain lines. */
  static ProgressListener listener(Streams streams, Output output, Logging logging, Config config) {
    return new LoggedProgress(unlogged(streams, output), logging, config.run().out());
  }

  /** The same that is not written to the log of a run. */
  static ProgressListener unlogged(Streams streams, Output output) {
    if (output.json()) {
      return new JsonProgress(streams.out());
    }
    if (output.quiet()) {
      return new TextProgress(streams.err(), ProgressView.NONE, true);
    }
    ProgressView view =
        streams.terminal() ? BarView.on(streams.err()) : new LineView(streams.err());
    return new TextProgress(streams.err(), view, false);
  }
}
