package org.potstill.prior;

import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;

/**
 * Convolution whose input channels are scaled by the style of an image (Karras et al. 2020,
 * equations 1 to 3, with the input gain of Karras et al. 2021).
 *
 * <p>With demodulation the published code first divides weights and styles by their root mean
 * square, the styles' over the whole batch. The demodulation cancels any such factor, up to its
 * epsilon of 1e-8 beside a sum of as many terms as a kernel has weights. So styles are divided by
 * that of their own image here, and an image does not depend on those beside it. Likewise the
 * factors are applied to inputs and outputs instead of to a copy of the weights for every image.
 */
final class ModulatedConvolution {

  private static final double EPSILON = 1e-8;

  private ModulatedConvolution() {}

  /**
   * A convolution of channels that every image scales.
   *
   * @param weight (O, I, K, K)
   */
  record Scaled(Tensor weight, ScaledConvolution.Factors factors) {}

  /**
   * The modulated convolution as one of scaled channels; differentiable.
   *
   * @param weight (O, I, K, K)
   * @param styles (N, I)
   * @param demodulate whether every output channel is brought to unit expected variance
   * @param inputGain a single number
   */
  static Scaled scaled(Tensor weight, Tensor styles, boolean demodulate, Tensor inputGain) {
    if (!demodulate) {
      return new Scaled(weight, new ScaledConvolution.Factors(styles, inputGain));
    }
    Tensor kernels =
        weight.mul(
            weight.square().mean(new long[] {1, 2, 3}, true, new ScalarTypeOptional()).rsqrt());
    Tensor own =
        styles.mul(styles.square().mean(new long[] {1}, true, new ScalarTypeOptional()).rsqrt());
    Tensor energy = kernels.square().sum(new long[] {2, 3});
    Tensor factors = own.square().matmul(energy.t()).add(new Scalar(EPSILON)).rsqrt();
    return new Scaled(kernels, new ScaledConvolution.Factors(own, factors.mul(inputGain)));
  }

  /**
   * Convolves; differentiable.
   *
   * @param input (N, I, H, W)
   * @param scaled see {@link #scaled}
   * @return (N, O, H + K - 1, W + K - 1): padded by K - 1
   */
  static Tensor apply(Tensor input, Scaled scaled) {
    long padding = scaled.weight().size(2) - 1;
    return torch
        .conv2d(
            input.mul(ScaledConvolution.columns(scaled.factors().in())),
            scaled.weight(),
            new TensorOptional(),
            new long[] {1, 1},
            new long[] {padding, padding},
            new long[] {1, 1},
            1)
        .mul(ScaledConvolution.columns(scaled.factors().out()));
  }
}
