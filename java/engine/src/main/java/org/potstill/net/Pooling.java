package org.potstill.net;

/** The 2x2 pooling, of stride 2, at the end of a block. */
public enum Pooling {
  /** None. */
  NONE,
  /** The mean. */
  AVG,
  /** The maximum. */
  MAX
}
