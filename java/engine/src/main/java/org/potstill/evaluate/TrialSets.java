package org.potstill.evaluate;

import org.potstill.distill.Whitening;

/**
 * The training sets of one source, for trials that may run at once: what is the same at every
 * repeat is loaded once and shared.
 *
 * <p>Holds the images of the first repeat that was asked for. Used by one thread at a time.
 */
final class TrialSets implements AutoCloseable {

  private final TrainingSource source;
  private final Whitening whitening;
  private final int first;
  private final LabelledImages loaded;

  /** Loads the images of repeat {@code first}, to be seen as {@code whitening} has them. */
  TrialSets(TrainingSource source, int first, Whitening whitening) {
    this.source = source;
    this.whitening = whitening;
    this.first = first;
    this.loaded = source.load(first).whitened(whitening);
  }

  /** Images of a repeat, all classes together. */
  long size() {
    return loaded.size();
  }

  /** Native memory of the images of a repeat. */
  long bytes() {
    return loaded.images().numel() * Float.BYTES;
  }

  /** The images of a repeat; the caller closes them. */
  LabelledImages of(int repeat) {
    return source.varies() && repeat != first
        ? source.load(repeat).whitened(whitening)
        : loaded.share();
  }

  @Override
  public void close() {
    loaded.close();
  }
}
