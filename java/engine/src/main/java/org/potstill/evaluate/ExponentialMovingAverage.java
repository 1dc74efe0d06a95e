package org.potstill.evaluate;

import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.potstill.tensor.NamedTensors;

/**
 * A running average of parameters and float buffers, as ema-pytorch 0.6 and later has it: {@code
 * average = d * average + (1 - d) * current} with {@code d = min(decay, 1 - 1 / k)} at update k
 * from 1, so that the first update copies.
 *
 * <p>Owns the average. Used by one thread.
 */
public final class ExponentialMovingAverage implements AutoCloseable {

  private final double largest;
  private final NamedTensors average;
  private long updates;

  /**
   * An average that begins as a copy of {@code state}.
   *
   * @param decay largest d; with 0 the average is the current state
   */
  public ExponentialMovingAverage(NamedTensors state, double decay) {
    largest = decay;
    try (PointerScope scope = new PointerScope()) {
      average = state.map(tensor -> tensor.detach().clone());
    }
  }

  /** The decay that the latest update used; 0 before the second. */
  public double decay() {
    return updates < 1 ? 0 : Math.min(largest, 1 - 1.0 / updates);
  }

  /** Takes the current values into the average; whole numbers are copied. */
  public void update(NamedTensors state) {
    updates++;
    try (PointerScope scope = new PointerScope();
        NoGradGuard guard = new NoGradGuard()) {
      Scalar weight = new Scalar(1 - decay());
      for (String name : average.names()) {
        Tensor mean = average.get(name);
        Tensor current = state.get(name);
        if (updates == 1 || !mean.is_floating_point()) {
          mean.copy_(current);
        } else {
          mean.lerp_(current, weight);
        }
      }
    }
  }

  /** The average, under the names of the state; it stays owned by this object. */
  public NamedTensors average() {
    return average;
  }

  @Override
  public void close() {
    average.close();
  }
}
