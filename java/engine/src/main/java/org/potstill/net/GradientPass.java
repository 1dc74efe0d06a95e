package org.potstill.net;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.Tensor;
import org.potstill.tensor.NamedTensors;
import org.potstill.tensor.Tensors;

/**
 * The gradients of a loss with respect to a network's parameters, which are then differentiated
 * with respect to the input and the parameters: what gradient and trajectory matching do with
 * synthetic images.
 *
 * <p>{@link #of} goes forward and backward; {@link #gradients} may then be asked for as often as
 * one likes, {@link #derivative} once. By LibTorch's autograd, which differentiates twice, unless
 * the network has a faster way of its own. Gradients are in the scope that the pass was made in,
 * the derivative is in that of its call, and by then the state has to hold the same values.
 */
public abstract class GradientPass {

  /** For the networks of this package. */
  GradientPass() {}

  /**
   * Finds the gradients.
   *
   * @param network whose gradients have a derivative, see {@link Network#twiceDifferentiable}
   * @param state as for {@link Network#logits}; the parameters that are asked for want gradients
   * @param input (N, C, H, W) float32; what it was made from gets no gradient
   * @param parameters names of those that are differentiated
   * @param loss of the logits, a single number, twice differentiable
   */
  public static GradientPass of(
      Network network,
      NamedTensors state,
      Tensor input,
      Pass pass,
      List<String> parameters,
      UnaryOperator<Tensor> loss) {
    return network instanceof AbstractNetwork own
        ? own.gradientPass(state, input, pass, parameters, loss)
        : new Autograd(network, state, input, pass, parameters, loss);
  }

  /**
   * Bytes per image that a pass holds until it is differentiated, besides its gradients; 0 where
   * autograd recorded it, of which that is not known.
   *
   * @param input as for {@link #of}
   */
  public static long bytesPerImage(Network network, Tensor input) {
    return network instanceof AbstractNetwork own ? own.gradientPassBytes(input) : 0;
  }

  /** The buffers that the pass moved, which the caller closes. */
  public abstract NamedTensors buffers();

  /** One gradient per parameter, without history. */
  public abstract List<Tensor> gradients();

  /**
   * What the gradients' product with weights depends on.
   *
   * @param input its derivative with respect to the input, shaped as that
   * @param parameters its derivatives with respect to the parameters that were asked for: the
   *     product of the Hessian with the weights; empty where they are not wanted
   */
  public record Derivative(Tensor input, List<Tensor> parameters) {}

  /**
   * The derivative of {@code sum_i <gradients_i, weights_i>}; once.
   *
   * @param weights one per parameter
   * @param ofParameters whether also with respect to the parameters
   */
  public abstract Derivative derivative(List<Tensor> weights, boolean ofParameters);

  /** The same with respect to the input alone. */
  public final Tensor inputDerivative(List<Tensor> weights) {
    return derivative(weights, false).input();
  }

  /** What autograd recorded. */
  static final class Autograd extends GradientPass {

    private final NamedTensors buffers;
    private final Tensor leaf;
    private final Tensor[] asked;
    private final Tensor[] gradients;

    Autograd(
        Network network,
        NamedTensors state,
        Tensor input,
        Pass pass,
        List<String> parameters,
        UnaryOperator<Tensor> loss) {
      leaf = input.detach().requires_grad_(true);
      NetworkOutput output = network.logits(state, leaf, pass);
      buffers = output.buffers();
      asked = parameters.stream().map(state::get).toArray(Tensor[]::new);
      gradients = Tensors.gradients(loss.apply(output.value()), null, asked, true);
    }

    @Override
    public NamedTensors buffers() {
      return buffers;
    }

    @Override
    public List<Tensor> gradients() {
      return Arrays.stream(gradients).map(Tensor::detach).toList();
    }

    @Override
    public Derivative derivative(List<Tensor> weights, boolean ofParameters) {
      List<Tensor> inputs = new ArrayList<>(List.of(leaf));
      if (ofParameters) {
        inputs.addAll(List.of(asked));
      }
      List<Tensor> found =
          List.of(
              Tensors.gradients(
                  gradients, weights.toArray(Tensor[]::new), inputs.toArray(Tensor[]::new)));
      return new Derivative(found.get(0), found.subList(1, found.size()));
    }
  }
}
