package org.potstill.net;

/** How a network treats batch norm and dropout. */
public enum Mode {
  /** Batch statistics, dropout on; the running statistics move. */
  TRAIN,
  /** Running statistics, dropout off. */
  EVAL,
  /**
   * Batch norm uses the running statistics as they are, dropout is on: a DC network after its
   * statistics were taken from a real batch.
   */
  FROZEN_STATISTICS
}
