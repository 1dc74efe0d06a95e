package org.potstill.tensor;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;

/** Two-dimensional convolutions, kept away from the ones that oneDNN gets wrong. */
public final class Convolutions {

  /** Floats of an AVX-512 register, to which oneDNN pads channels. */
  private static final long LANES = 16;

  /** So few input channels are not padded. */
  private static final long FEW = 4;

  private Convolutions() {}

  /**
   * The convolution of {@code input} with square strides and padding.
   *
   * <p>On some CPUs with AVX-512, oneDNN as LibTorch 2.10 has it gives wrong gradients, and NaN
   * where memory beside the data holds it, if channels are padded to a multiple of 16. Such numbers
   * of channels go to LibTorch's own convolution; see docs/decisions/0030.
   *
   * @param input (N, C, H, W)
   * @param weight (K, C, rows, columns)
   * @param bias (K), or null for none
   * @return (N, K, H', W'), differentiable
   */
  public static Tensor square(Tensor input, Tensor weight, Tensor bias, long stride, long padding) {
    TensorOptional shift = bias == null ? new TensorOptional() : new TensorOptional(bias);
    long[] strides = {stride, stride};
    if (input.is_cpu() && input.size(0) > 0 && isPadded(weight)) {
      long[] kernel = {weight.size(2), weight.size(3)};
      return torch.thnn_conv2d(input, weight, kernel, shift, strides, padding, padding);
    }
    long[] paddings = {padding, padding};
    return torch.conv2d(input, weight, shift, strides, paddings, new long[] {1, 1}, 1);
  }

  /** Convolutions of single pixels are matrix products, which are not affected. */
  private static boolean isPadded(Tensor weight) {
    boolean pointwise = weight.size(2) == 1 && weight.size(3) == 1;
    long in = weight.size(1);
    return !pointwise && (weight.size(0) % LANES != 0 || (in > FEW && in % LANES != 0));
  }
}
