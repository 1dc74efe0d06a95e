package org.potstill.net;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.Tensor;
import org.potstill.tensor.NamedTensors;
import org.potstill.tensor.Tensors;

/**
 * The gradients of a ConvNet by kernels, and their derivative by tangents (Pearlmutter, "Fast Exact
 * Multiplication by the Hessian", 1994): the order of two derivatives may be changed, so that what
 * {@code <gradients, weights>} depends on is how the gradients of input and parameters move where
 * the parameters move by the weights.
 *
 * <p>All four {@linkplain ConvNetPasses passes}: forward and backward when it is made, their
 * tangents for the derivative. Between them is the loss, which autograd differentiates, twice.
 */
final class ConvNetGradientPass extends GradientPass {

  private final ConvNetPasses passes;
  private final NamedTensors state;
  private final List<String> parameters;
  private final ConvNetPasses.Forward forward;
  private final ConvNetPasses.Backward backward;

  /** A leaf of autograd's. */
  private final Tensor logits;

  /** Of the loss, with history. */
  private final Tensor logitsGradient;

  private final List<Tensor> gradients;

  /**
   * Goes forward and backward.
   *
   * @param parameters names of those that it is asked for, in order
   */
  ConvNetGradientPass(
      ConvNetPasses passes,
      NamedTensors state,
      Tensor input,
      List<String> parameters,
      UnaryOperator<Tensor> loss) {
    this.passes = passes;
    this.state = state;
    this.parameters = parameters;
    forward = passes.forward(input, Backpropagation.Output.LOGITS);
    logits = forward.logits().detach().requires_grad_(true);
    logitsGradient = Tensors.gradients(loss.apply(logits), null, new Tensor[] {logits}, true)[0];
    ParameterGradients found = new ParameterGradients(parameters);
    backward =
        passes.backward(forward, logitsGradient.detach(), found, ConvNetPasses.Also.FOR_TANGENTS);
    gradients = found.inOrder(state);
  }

  @Override
  public NamedTensors buffers() {
    return passes.movedBuffers();
  }

  @Override
  public List<Tensor> gradients() {
    return gradients;
  }

  @Override
  public Derivative derivative(List<Tensor> weights, boolean ofParameters) {
    Map<String, Tensor> moved = new HashMap<>();
    for (int i = 0; i < parameters.size(); i++) {
      moved.put(parameters.get(i), weights.get(i).detach());
    }
    ParameterGradients found = new ParameterGradients(ofParameters ? parameters : List.of());
    ConvNetPasses.Tangent tangent = passes.tangent(forward, new ParameterDirection(state, moved));
    // The Hessian of the loss is symmetric, so that its product with the tangent is this gradient.
    Tensor logitsGradientTangent =
        Tensors.gradients(
            new Tensor[] {logitsGradient}, new Tensor[] {tangent.logits()}, new Tensor[] {logits})[
            0];
    Tensor ofInput = passes.gradientTangent(backward, tangent, logitsGradientTangent, found);
    return new Derivative(ofInput, found.inOrder(state));
  }
}
