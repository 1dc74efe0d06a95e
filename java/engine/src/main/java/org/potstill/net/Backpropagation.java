package org.potstill.net;

import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.Tensor;
import org.potstill.tensor.NamedTensors;
import org.potstill.tensor.Tensors;

/**
 * A forward pass through a network, and one backward pass from its output: {@link #of} goes
 * forward, {@link #gradients} or {@link #descend} goes backward, once.
 *
 * <p>By LibTorch's autograd, unless the network has faster passes of its own, which cannot be
 * differentiated a second time; that is what {@link GradientPass} is for. The output is in the
 * scope that the forward pass was called in, gradients are in that of the backward pass, and both
 * want the state and the input as they were.
 */
public abstract class Backpropagation {

  /** The output of the network that is differentiated. */
  public enum Output {
    /** As {@link Network#logits}. */
    LOGITS,
    /** As {@link Network#embed}. */
    FEATURES
  }

  /**
   * What gradients are wanted of.
   *
   * @param parameters by name; in the state they are marked as wanting gradients
   * @param input whether of the input as well
   */
  public record Wanted(List<String> parameters, boolean input) {

    /** Of the input alone. */
    public static final Wanted INPUT = new Wanted(List.of(), true);
  }

  /** For the networks of this package. */
  Backpropagation() {}

  /**
   * Goes forward.
   *
   * @param state as for {@link Network#logits}
   * @param input (N, C, H, W) float32; what it was made from gets no gradient
   */
  public static Backpropagation of(
      Network network, NamedTensors state, Tensor input, Pass pass, Output output, Wanted wanted) {
    return network instanceof AbstractNetwork own
        ? own.backpropagation(state, input, pass, output, wanted)
        : new Autograd(network, state, input, pass, output, wanted);
  }

  /** The same for the logits and some of the parameters. */
  public static Backpropagation ofLogits(
      Network network, NamedTensors state, Tensor input, Pass pass, List<String> parameters) {
    return of(network, state, input, pass, Output.LOGITS, new Wanted(parameters, false));
  }

  /** The output, to be read only, and the moved buffers, which the caller closes. */
  public abstract NetworkOutput output();

  /**
   * Goes backward; once.
   *
   * @param outputGradient shaped as the output
   * @return one gradient per wanted parameter, in order, and then that of the input where it is
   *     wanted
   */
  public abstract Tensor[] gradients(Tensor outputGradient);

  /**
   * A loss and its gradients.
   *
   * @param loss a single number, without history; a GPU may still be computing it
   * @param gradients as {@link Backpropagation#gradients} gives them
   */
  public record Descent(Tensor loss, List<Tensor> gradients) {}

  /**
   * Goes backward from a loss; once.
   *
   * @param loss from the output to a single number, differentiable
   */
  public final Descent descend(UnaryOperator<Tensor> loss) {
    Tensor leaf = output().value().detach().requires_grad_(true);
    Tensor value = loss.apply(leaf);
    Tensor ofOutput = Tensors.gradients(value, null, new Tensor[] {leaf}, false)[0];
    return new Descent(value.detach(), List.of(gradients(ofOutput)));
  }

  /** What autograd recorded. */
  static final class Autograd extends Backpropagation {

    private final NetworkOutput output;
    private final List<Tensor> inputs = new ArrayList<>();

    Autograd(
        Network network,
        NamedTensors state,
        Tensor input,
        Pass pass,
        Output output,
        Wanted wanted) {
      Tensor leaf = wanted.input() ? input.detach().requires_grad_(true) : input.detach();
      this.output =
          output == Output.LOGITS
              ? network.logits(state, leaf, pass)
              : network.embed(state, leaf, pass);
      wanted.parameters().forEach(name -> inputs.add(state.get(name)));
      if (wanted.input()) {
        inputs.add(leaf);
      }
    }

    @Override
    public NetworkOutput output() {
      return output;
    }

    @Override
    public Tensor[] gradients(Tensor outputGradient) {
      return Tensors.gradients(
          new Tensor[] {output.value()},
          new Tensor[] {outputGradient},
          inputs.toArray(Tensor[]::new));
    }
  }
}
