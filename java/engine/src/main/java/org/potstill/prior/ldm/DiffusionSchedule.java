package org.potstill.prior.ldm;

import org.potstill.errors.InputException;

/**
 * How much of a latent is left after every timestep of a diffusion, and the timesteps at which DDIM
 * visits it (Song et al. 2021, section 4.2, the evenly spaced ones).
 */
public final class DiffusionSchedule {

  private static final double FIRST_BETA = 0.0015;
  private static final double LAST_BETA = 0.0195;

  private final double[] betas;
  private final float[] alphasCumprod;

  private DiffusionSchedule(double[] betas) {
    this.betas = betas;
    this.alphasCumprod = new float[betas.length];
    double product = 1;
    for (int t = 0; t < betas.length; t++) {
      product *= 1 - betas[t];
      alphasCumprod[t] = (float) product;
    }
  }

  /**
   * The schedule of the published latent diffusion models: square roots of beta evenly spaced from
   * sqrt(0.0015) to sqrt(0.0195).
   *
   * @param timesteps of the diffusion, 1000 as published; at least 2
   */
  public static DiffusionSchedule published(int timesteps) {
    double[] betas = new double[timesteps];
    double first = Math.sqrt(FIRST_BETA);
    double last = Math.sqrt(LAST_BETA);
    for (int t = 0; t < timesteps; t++) {
      double root = first + (last - first) * t / (timesteps - 1);
      betas[t] = root * root;
    }
    return new DiffusionSchedule(betas);
  }

  /** Timesteps of the diffusion. */
  public int timesteps() {
    return betas.length;
  }

  /** The share of noise that timestep {@code t} adds. */
  public float beta(int t) {
    return (float) betas[t];
  }

  /** The product of 1 - beta up to timestep {@code t}, in the precision of the checkpoints. */
  public float alphaCumprod(int t) {
    return alphasCumprod[t];
  }

  /**
   * The timesteps of DDIM, ascending; sampling visits them from the last to the first: 1, 1 + c, 1
   * + 2c and so on with c = timesteps / steps rounded down.
   *
   * @param steps from 1 to {@link #timesteps()}
   * @throws InputException where there are not so many
   */
  public int[] ddim(int steps) {
    if (steps < 1 || steps > timesteps()) {
      throw new InputException("DDIM can take from 1 to " + timesteps() + " steps, not " + steps);
    }
    int stride = timesteps() / steps;
    // Only where every timestep is visited does the first one have to be 0.
    int first = Math.min(1, timesteps() - 1 - (steps - 1) * stride);
    int[] visited = new int[steps];
    for (int i = 0; i < steps; i++) {
      visited[i] = first + i * stride;
    }
    return visited;
  }
}
