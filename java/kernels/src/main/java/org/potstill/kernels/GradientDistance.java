package org.potstill.kernels;

/** The distances between gradient lists that {@link Kernels#gradientMatch} knows. */
public enum GradientDistance {
  /**
   * Layer-wise cosine distance, "ours" in the published code: for every tensor of two or four
   * dimensions the sum over its rows (output units) of {@code 1 - cos}; other tensors count
   * nothing.
   */
  LAYERWISE,
  /** Squared distance summed over all elements. */
  MSE,
  /** {@code 1 - cos} of the two lists, each taken as one long vector. */
  COSINE
}
