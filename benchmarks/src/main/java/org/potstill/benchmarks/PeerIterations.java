package org.potstill.benchmarks;

import org.potstill.kernels.Kernels;
import org.potstill.tensor.NamedTensors;

/** Iterations that are timed beside the same arithmetic in another engine. */
interface PeerIterations extends AutoCloseable {

  /** Draws the inputs and the networks of {@code settings}. */
  static PeerIterations of(PeerSettings settings, Kernels kernels) {
    return settings.method().equals("train")
        ? new TrainingIterations(settings, kernels)
        : new MatchingIterations(settings, kernels);
  }

  /** Images and networks that the iterations begin with, for the other engine. */
  NamedTensors inputs();

  /** What the iterations move, as it stands. */
  NamedTensors moved();

  /**
   * One iteration.
   *
   * @return its loss, the mean over the updates of what it moves
   */
  double iterate(long iteration);

  @Override
  void close();
}
