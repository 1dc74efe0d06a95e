package org.potstill.net;

import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.potstill.tensor.NamedTensors;
import org.potstill.tensor.Tensors;

/**
 * Stochastic gradient descent with momentum and weight decay, in the arithmetic of PyTorch's {@code
 * torch.optim.SGD} without dampening or Nesterov's form:
 *
 * <pre>
 * g = gradient + weightDecay * p
 * v = g at the first step, then momentum * v + g
 * p = p - learningRate * v
 * </pre>
 *
 * <p>Owns the velocities v. Used by one thread.
 */
public final class Sgd implements AutoCloseable {

  private final double momentum;
  private final double weightDecay;
  private final NamedTensors velocity = new NamedTensors();

  /**
   * An optimiser that has taken no step.
   *
   * @param momentum 0 for none
   * @param weightDecay 0 for none
   */
  public Sgd(double momentum, double weightDecay) {
    this.momentum = momentum;
    this.weightDecay = weightDecay;
  }

  /**
   * Moves parameters in place.
   *
   * @param state holds the parameters
   * @param names of the parameters to move
   * @param gradients one per name; not changed
   * @param learningRate of this step
   */
  public void step(
      NamedTensors state, List<String> names, Tensor[] gradients, double learningRate) {
    try (PointerScope scope = new PointerScope();
        NoGradGuard guard = new NoGradGuard()) {
      Scalar rate = new Scalar(-learningRate);
      Scalar decay = new Scalar(weightDecay);
      Scalar inertia = new Scalar(momentum);
      for (int i = 0; i < gradients.length; i++) {
        Tensor parameter = state.get(names.get(i));
        Tensor gradient = gradients[i];
        if (weightDecay != 0) {
          gradient = gradient.add(parameter, decay);
        }
        if (momentum != 0) {
          gradient = accelerate(names.get(i), gradient, inertia);
        }
        parameter.add_(gradient, rate);
      }
    }
  }

  private Tensor accelerate(String name, Tensor gradient, Scalar inertia) {
    if (velocity.contains(name)) {
      follow(name, gradient);
      return velocity.get(name).mul_(inertia).add_(gradient);
    }
    velocity.put(name, gradient.detach().clone());
    return gradient;
  }

  /** Those of a checkpoint come from the host. */
  private void follow(String name, Tensor gradient) {
    Tensor held = velocity.get(name);
    if (held.is_cpu() && !gradient.is_cpu()) {
      velocity.put(name, Tensors.follow(held, gradient));
    }
  }

  /** The velocities by parameter, empty before the first step; they stay owned by this object. */
  public NamedTensors velocity() {
    return velocity;
  }

  /** Takes copies of the velocities of a checkpoint. */
  public void restore(NamedTensors saved) {
    try (PointerScope scope = new PointerScope()) {
      for (String name : saved.names()) {
        velocity.put(name, saved.get(name).detach().clone());
      }
    }
  }

  @Override
  public void close() {
    velocity.close();
  }
}
