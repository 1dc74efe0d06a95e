package org.potstill.prior;

import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.potstill.tensor.NamedTensors;

/**
 * A linear layer whose weights are stored at unit variance and scaled at run time (Karras et al.
 * 2018, section 4.1).
 *
 * @param name its weight and bias are {@code NAME.weight} and {@code NAME.bias}
 * @param multiplier factor of both, which was the layer's relative learning rate
 * @param active whether a leaky ReLU of slope 0.2 and gain sqrt 2 follows
 */
record DenseLayer(String name, double multiplier, boolean active) {

  static final double SLOPE = 0.2;

  /**
   * Applies the layer.
   *
   * @param input (N, I)
   * @return (N, O)
   */
  Tensor apply(NamedTensors state, Tensor input) {
    Tensor weight = state.get(name + ".weight");
    Tensor scaled = weight.mul(new Scalar(multiplier / Math.sqrt((double) weight.size(1))));
    Tensor bias = state.get(name + ".bias").mul(new Scalar(multiplier));
    Tensor output = torch.linear(input, scaled, new TensorOptional(bias));
    return active
        ? torch.leaky_relu(output, new Scalar(SLOPE)).mul(new Scalar(Math.sqrt(2)))
        : output;
  }
}
