package org.potstill.net;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.potstill.kernels.CpuKernels;
import org.potstill.kernels.Kernels;
import org.potstill.kernels.SgdRule;
import org.potstill.tensor.NamedTensors;
import org.potstill.tensor.Tensors;

/**
 * Stochastic gradient descent with momentum and weight decay, in the arithmetic of PyTorch's {@code
 * torch.optim.SGD} without dampening or Nesterov's form:
 *
 * <pre>
 * v = momentum * v + gradient + weightDecay * p, with v = 0 before the first step
 * p = p - learningRate * v
 * </pre>
 *
 * <p>With momentum, native kernels of the host move parameters that lie there in one pass ({@link
 * Kernels#sgd}): LibTorch's operators go through the memory of a large network four times. Owns the
 * velocities v. Used by one thread.
 */
public final class Sgd implements AutoCloseable {

  private final double momentum;
  private final double weightDecay;
  private final Kernels kernels;
  private final NamedTensors velocity = new NamedTensors();

  /**
   * An optimiser that has taken no step and works by LibTorch's operators.
   *
   * @param momentum 0 for none
   * @param weightDecay 0 for none
   */
  public Sgd(double momentum, double weightDecay) {
    this(momentum, weightDecay, null);
  }

  /**
   * An optimiser that has taken no step.
   *
   * @param momentum 0 for none
   * @param weightDecay 0 for none
   * @param kernels used where they are native ones of the host; may be null
   */
  public Sgd(double momentum, double weightDecay, Kernels kernels) {
    this.momentum = momentum;
    this.weightDecay = weightDecay;
    this.kernels = kernels instanceof CpuKernels ? kernels : null;
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
      KernelStep together = new KernelStep();
      for (int i = 0; i < gradients.length; i++) {
        Tensor parameter = state.get(names.get(i));
        if (momentum == 0) {
          parameter.add_(slope(parameter, gradients[i]), new Scalar(-learningRate));
          continue;
        }
        Tensor speed = velocity(names.get(i), parameter);
        if (!together.takes(parameter, gradients[i], speed)) {
          speed.mul_(new Scalar(momentum)).add_(slope(parameter, gradients[i]));
          parameter.add_(speed, new Scalar(-learningRate));
        }
      }
      together.run(learningRate);
    }
  }

  private Tensor slope(Tensor parameter, Tensor gradient) {
    return weightDecay == 0 ? gradient : gradient.add(parameter, new Scalar(weightDecay));
  }

  /** Those of a checkpoint come from the host. */
  private Tensor velocity(String name, Tensor parameter) {
    if (!velocity.contains(name)) {
      velocity.put(name, torch.zeros_like(parameter).detach());
    } else if (velocity.get(name).is_cpu() && !parameter.is_cpu()) {
      velocity.put(name, Tensors.follow(velocity.get(name), parameter));
    }
    return velocity.get(name);
  }

  /** The tensors that the kernel moves together. */
  private final class KernelStep {

    private final List<Long> sizes = new ArrayList<>();
    private final List<FloatPointer> parameters = new ArrayList<>();
    private final List<FloatPointer> gradients = new ArrayList<>();
    private final List<FloatPointer> velocities = new ArrayList<>();

    /** Takes a parameter along where the three lie on the host, in the same order without gaps. */
    boolean takes(Tensor parameter, Tensor gradient, Tensor speed) {
      if (kernels == null
          || !isPlain(parameter)
          || !isLike(parameter, gradient)
          || !isLike(parameter, speed)) {
        return false;
      }
      sizes.add(parameter.numel());
      parameters.add(parameter.data_ptr_float());
      gradients.add(gradient.data_ptr_float());
      velocities.add(speed.data_ptr_float());
      return true;
    }

    void run(double learningRate) {
      if (!sizes.isEmpty()) {
        kernels
            .withThreads(torch.get_num_threads())
            .sgd(
                new SgdRule(learningRate, momentum, weightDecay),
                sizes.stream().mapToLong(size -> size).toArray(),
                parameters,
                gradients,
                velocities);
      }
    }
  }

  private static boolean isPlain(Tensor tensor) {
    return Tensors.isFloatOnHost(tensor) && tensor.is_non_overlapping_and_dense();
  }

  private static boolean isLike(Tensor tensor, Tensor other) {
    boolean same = Tensors.isFloatOnHost(other) && other.dim() == tensor.dim();
    for (int d = 0; same && d < tensor.dim(); d++) {
      same = tensor.size(d) == other.size(d) && tensor.stride(d) == other.stride(d);
    }
    return same;
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
