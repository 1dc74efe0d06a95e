package org.potstill.net;

/** The non-linearity of a block. */
public enum Activation {
  /** max(x, 0). */
  RELU,
  /** x for positive x, 0.01 x otherwise. */
  LEAKY_RELU,
  /** 1 / (1 + exp(-x)). */
  SIGMOID
}
