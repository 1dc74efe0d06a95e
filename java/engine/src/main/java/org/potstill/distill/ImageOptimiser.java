package org.potstill.distill;

import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.potstill.net.Sgd;
import org.potstill.tensor.NamedTensors;

/**
 * Stochastic gradient descent with momentum over the variables of a space, every group with its own
 * learning rate.
 *
 * <p>Owns the velocities, which are part of a checkpoint.
 */
public final class ImageOptimiser implements AutoCloseable {

  private final Sgd sgd;

  /** An optimiser at rest. */
  public ImageOptimiser(double momentum) {
    sgd = new Sgd(momentum, 0);
  }

  /**
   * Changes the variables of {@code space} in place.
   *
   * @param gradients under the names of the variables
   */
  public void step(Space space, NamedTensors gradients) {
    for (VariableGroup group : space.groups()) {
      Tensor[] own = group.variables().stream().map(gradients::get).toArray(Tensor[]::new);
      sgd.step(space.variables(), group.variables(), own, group.learningRate());
    }
  }

  /** Copies of the velocities under the names of their variables; the caller closes them. */
  public NamedTensors saveState() {
    try (PointerScope scope = new PointerScope()) {
      return sgd.velocity().map(Tensor::clone);
    }
  }

  /** Takes velocities from a checkpoint. */
  public void restoreState(NamedTensors state) {
    sgd.restore(state);
  }

  /** Gives the velocities back. */
  @Override
  public void close() {
    sgd.close();
  }
}
