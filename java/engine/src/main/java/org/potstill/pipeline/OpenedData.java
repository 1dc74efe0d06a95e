package org.potstill.pipeline;

import org.potstill.config.Config;
import org.potstill.data.Dataset;
import org.potstill.data.Datasets;
import org.potstill.run.CancellationToken;
import org.potstill.run.RunListener;

/** Opens the data set of a run, tells how far that is, and stops where it is asked to. */
public final class OpenedData {

  /** What the listener hears of the data set is said under this name. */
  static final String STAGE = "data";

  private OpenedData() {}

  /**
   * Lists the images of a configuration.
   *
   * @return a data set that the caller closes
   * @throws org.potstill.errors.InputException as {@link Datasets#open} does
   * @throws org.potstill.errors.RunCancelledException where it was asked to stop
   */
  public static Dataset of(Config config, RunListener listener, CancellationToken cancellation) {
    return Datasets.open(
        config.data(),
        config.run().seed(),
        (done, total) -> {
          cancellation.throwIfCancelled();
          listener.progress(STAGE, "listing the images", done, total, "folders");
        });
  }
}
