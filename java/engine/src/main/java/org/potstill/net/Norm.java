package org.potstill.net;

/** The normalisation after a convolution. */
public enum Norm {
  /** None. */
  NONE,
  /** Over the batch; running statistics for evaluation. */
  BATCH,
  /** Over channels and positions of an image, with a scale and shift for each of them. */
  LAYER,
  /** Over four groups of channels. */
  GROUP,
  /** Over the positions of every channel: group norm with one channel a group. */
  INSTANCE
}
