package org.potstill.cli;

import org.potstill.config.Config;
import org.potstill.data.Dataset;
import org.potstill.pipeline.OpenedData;
import org.potstill.run.CancellationToken;
import org.potstill.run.RunListener;

/** Chooses how progress is shown. */
final class Progress {

  private Progress() {}

  /** JSON with --json, warnings only with --quiet, bars on a terminal, else plain lines. */
  static ProgressListener listener(Streams streams, Output output, Logging logging, Config config) {
    return new LoggedProgress(unlogged(streams, output), logging, config.run().out());
  }

  /**
   * Opens the data set of a configuration, which may take minutes, and shows how far that is; with
   * --json nothing is shown, since what the command finds is all that is printed.
   */
  static Dataset open(
      Config config, Streams streams, Output output, CancellationToken cancellation) {
    if (output.json()) {
      return OpenedData.of(config, RunListener.SILENT, cancellation);
    }
    try (ProgressListener listener = unlogged(streams, output)) {
      return OpenedData.of(config, listener, cancellation);
    }
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
