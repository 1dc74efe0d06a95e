package org.potstill.distill;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.potstill.net.GradientPass;
import org.potstill.tensor.NamedTensors;
import org.potstill.tensor.Tensors;

/**
 * A step of the student, differentiated: with {@code g} its gradients, what {@code <g, weights>}
 * depends on. Held in memory is one part of its images at a time, since all is a sum over images.
 *
 * @param rows of the images that the step sees
 * @param images the derivative with respect to these
 * @param gradients {@code g}, one per parameter
 * @param parameters the derivative with respect to the parameters; empty where it is not wanted
 */
record StepDerivative(Tensor rows, Tensor images, List<Tensor> gradients, List<Tensor> parameters) {

  /**
   * Differentiates a step, in the caller's scope.
   *
   * @param state of the student before the step
   * @param weights one per parameter
   * @param ofParameters whether the derivative with respect to the parameters is wanted
   */
  static StepDerivative of(
      StudentSteps steps,
      NamedTensors state,
      List<Tensor> weights,
      boolean ofParameters,
      int step) {
    StudentSteps.Batch batch = steps.batch(step, true);
    Tensor plain = batch.input().detach();
    Tensor ofInput = torch.empty_like(plain);
    List<Tensor> gradients = zeros(weights);
    List<Tensor> parameters = ofParameters ? zeros(weights) : List.of();
    steps.each(
        state,
        plain,
        batch.labels(),
        step,
        (from, to, pass) -> {
          GradientPass.Derivative own = pass.derivative(weights, ofParameters);
          ofInput.narrow(0, from, to - from).copy_(own.input());
          // Last and at once, so that a part that finds no memory can be tried again.
          List<Tensor> sums = new ArrayList<>(gradients);
          sums.addAll(parameters);
          List<Tensor> shares = new ArrayList<>(pass.gradients());
          shares.addAll(own.parameters());
          Tensors.addTo(sums, shares, 1);
        });
    Tensor[] outputs = {batch.input()};
    Tensor[] ofOutputs = {ofInput};
    Tensor ofImages = Tensors.gradients(outputs, ofOutputs, new Tensor[] {batch.images()})[0];
    return new StepDerivative(batch.rows(), ofImages, gradients, parameters);
  }

  /** Zeros in the shapes of {@code like}. */
  static List<Tensor> zeros(List<Tensor> like) {
    return like.stream().map(tensor -> Tensors.zeros(tensor, Tensors.shape(tensor))).toList();
  }

  /** Sum over all tensors of the products of their elements, a single double where they lie. */
  static Tensor product(List<Tensor> a, List<Tensor> b) {
    Tensor result = new Tensor();
    try (PointerScope scope = new PointerScope()) {
      Tensor sum = Tensors.zeros(a.get(0)).to(torch.ScalarType.Double);
      for (int i = 0; i < a.size(); i++) {
        sum = sum.add(a.get(i).to(torch.ScalarType.Double).mul(b.get(i)).sum());
      }
      result.put(sum);
    }
    return result;
  }
}
