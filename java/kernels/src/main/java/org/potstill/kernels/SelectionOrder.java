package org.potstill.kernels;

/** Which end of the ranking {@link Kernels#select} keeps. */
public enum SelectionOrder {
  /** Ascending: the lowest scores first, NaN last. */
  EASY,
  /** Descending: NaN first, then the highest scores. */
  HARD
}
