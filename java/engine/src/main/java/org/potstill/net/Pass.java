package org.potstill.net;

import org.potstill.random.RandomStream;

/**
 * One pass through a network.
 *
 * @param mode how batch norm and dropout behave
 * @param dropout where dropout masks come from; null where no dropout is wanted, even in training
 */
public record Pass(Mode mode, RandomStream dropout) {

  /** Running statistics, no dropout. */
  public static final Pass EVAL = new Pass(Mode.EVAL, null);

  /** Batch statistics, no dropout. */
  public static final Pass TRAIN = new Pass(Mode.TRAIN, null);

  /** Batch statistics, dropout masks from {@code dropout}. */
  public static Pass train(RandomStream dropout) {
    return new Pass(Mode.TRAIN, dropout);
  }

  /** A pass with the dropout masks that this one would have, which keeps them. */
  public Pass copy() {
    return dropout == null ? this : new Pass(mode, dropout.copy());
  }
}
