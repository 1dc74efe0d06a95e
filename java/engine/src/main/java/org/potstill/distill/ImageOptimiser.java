package org.potstill.distill;

import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.potstill.tensor.NamedTensors;

/**
 * Stochastic gradient descent with momentum over the variables of a space: {@code v <- momentum v +
 * g}, {@code x <- x - rate v}, the first v being g.
 *
 * <p>Owns the velocities, which are part of a checkpoint.
 */
public final class ImageOptimiser implements AutoCloseable {

  private final double momentum;
  private final NamedTensors velocities = new NamedTensors();

  /** An optimiser at rest. */
  public ImageOptimiser(double momentum) {
    this.momentum = momentum;
  }

  /**
   * Changes the variables of {@code space} in place.
   *
   * @param gradients under the names of the variables
   */
  public void step(Space space, NamedTensors gradients) {
    try (PointerScope scope = new PointerScope()) {
      for (VariableGroup group : space.groups()) {
        Scalar rate = new Scalar(group.learningRate());
        for (String name : group.variables()) {
          space.variables().get(name).sub_(velocity(name, gradients.get(name)), rate);
        }
      }
    }
  }

  private Tensor velocity(String name, Tensor gradient) {
    if (velocities.contains(name)) {
      return velocities.get(name).mul_(new Scalar(momentum)).add_(gradient);
    }
    velocities.put(name, gradient.clone());
    return velocities.get(name);
  }

  /** Copies of the velocities under the names of their variables; the caller closes them. */
  public NamedTensors saveState() {
    try (PointerScope scope = new PointerScope()) {
      return velocities.map(Tensor::clone);
    }
  }

  /** Takes velocities from a checkpoint. */
  public void restoreState(NamedTensors state) {
    try (PointerScope scope = new PointerScope()) {
      for (String name : state.names()) {
        velocities.put(name, state.get(name).clone());
      }
    }
  }

  /** Gives the velocities back. */
  @Override
  public void close() {
    velocities.close();
  }
}
