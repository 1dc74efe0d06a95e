package org.potstill.net;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.Tensor;
import org.potstill.tensor.NamedTensors;
import org.potstill.tensor.Tensors;

/**
 * The gradients of a ConvNet by the kernel, and their derivative by tangents (Pearlmutter, "Fast
 * Exact Multiplication by the Hessian", 1994): the order of two derivatives may be changed, so that
 * what input and parameters do to {@code <gradients, weights>} is how their own gradients move
 * where the parameters move by the weights. One way there and one back carry that beside what is
 * known.
 */
final class ConvNetGradientPass extends GradientPass {

  private final ConvNetBackpropagation way;
  private final List<String> parameters;
  private final Tensor logits;

  /** Of the loss with respect to the logits, with history. */
  private final Tensor slope;

  private final List<Tensor> gradients;

  /**
   * Goes the way back.
   *
   * @param way that can be repeated for tangents
   * @param parameters names of those that it is asked for, in order
   */
  ConvNetGradientPass(
      ConvNetBackpropagation way, List<String> parameters, UnaryOperator<Tensor> loss) {
    this.way = way;
    this.parameters = parameters;
    logits = way.output().value().detach().requires_grad_(true);
    slope = Tensors.gradients(loss.apply(logits), null, new Tensor[] {logits}, true)[0];
    gradients = List.of(way.gradients(slope.detach()));
  }

  @Override
  public NamedTensors buffers() {
    return way.output().buffers();
  }

  @Override
  public List<Tensor> gradients() {
    return gradients;
  }

  @Override
  public Derivative derivative(List<Tensor> weights, boolean ofParameters) {
    Map<String, Tensor> direction = new HashMap<>();
    for (int i = 0; i < parameters.size(); i++) {
      direction.put(parameters.get(i), weights.get(i).detach());
    }
    List<String> wanted = ofParameters ? parameters : List.of();
    ConvNetTangents tangents = way.tangents(direction, wanted);
    // The Hessian of the loss is symmetric, so that its product with the tangent is this gradient.
    Tensor slopeTangent =
        Tensors.gradients(
            new Tensor[] {slope}, new Tensor[] {tangents.logits()}, new Tensor[] {logits})[0];
    Tensor ofInput = tangents.back(slope.detach(), slopeTangent);
    return new Derivative(ofInput, tangents.parameterGradients());
  }
}
