package org.potstill.prior.ldm;

import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.potstill.tensor.ChannelsLast;
import org.potstill.tensor.Convolution;
import org.potstill.tensor.NamedTensors;
import org.potstill.tensor.Segments;
import org.potstill.tensor.Tensors;

/**
 * The layers that first stage and UNet are made of; each finds its parameters by name behind a
 * prefix. Results are live in the caller's scope.
 *
 * @param kernel of convolutions; null for LibTorch's operators alone
 * @param segments cut where the kernel does something that is differentiated with respect to its
 *     input, never to the weights; null where LibTorch must differentiate, or nothing is
 */
record Operators(NamedTensors weights, String prefix, Convolution kernel, Segments segments) {

  /** Groups of every group norm of a latent diffusion model. */
  static final int GROUPS = 32;

  private static final double LAYER_NORM_EPSILON = 1e-5;

  /** Of convolutions that keep the size. */
  private static final int PADDING = 1;

  private Tensor parameter(String name) {
    return weights.get(prefix + name);
  }

  /** A convolution with bias. */
  Tensor convolution(String name, Tensor input, int stride, int padding) {
    return torch.conv2d(
        input,
        parameter(name + ".weight"),
        new TensorOptional(parameter(name + ".bias")),
        new long[] {stride, stride},
        new long[] {padding, padding},
        new long[] {1, 1},
        1);
  }

  /** A 3 x 3 convolution that keeps the size. */
  Tensor convolution(String name, Tensor input) {
    Tensor weight = parameter(name + ".weight");
    return kernel != null
            && Segments.mayHide(segments, input)
            && kernel.takes(input, weight, PADDING)
        ? byKernel(input, weight, parameter(name + ".bias"))
        : convolution(name, input, 1, PADDING);
  }

  /** All around have the channels first: LibTorch's group norm is slow where they are last. */
  private Tensor byKernel(Tensor input, Tensor weight, Tensor bias) {
    Tensor output = new Tensor();
    try (PointerScope scope = new PointerScope()) {
      output.put(ChannelsLast.first(kernel.forward(input, weight, bias, PADDING)));
    }
    return segments == null
        ? output
        : segments.cut(
            input,
            output,
            (maps, gradient, wanted, parameters) ->
                wanted
                    ? ChannelsLast.first(kernel.inputGradient(gradient, maps, weight, PADDING))
                    : null);
  }

  /** A value that several layers take. */
  Tensor shared(Tensor value) {
    return segments == null || kernel == null ? value : segments.shared(value);
  }

  /** A 1 x 1 convolution. */
  Tensor pointwise(String name, Tensor input) {
    return convolution(name, input, 1, 0);
  }

  /**
   * A 1 x 1 convolution over one dimension.
   *
   * @param input (N, C, L)
   */
  Tensor pointwise1d(String name, Tensor input) {
    return torch.conv1d(
        input,
        parameter(name + ".weight"),
        new TensorOptional(parameter(name + ".bias")),
        new long[] {1},
        new long[] {0},
        new long[] {1},
        1);
  }

  /** Maps of twice the size, every value repeated, through a 3 x 3 convolution. */
  Tensor upsample(String name, Tensor input) {
    long[] size = {2 * input.size(2), 2 * input.size(3)};
    return convolution(name, torch.upsample_nearest2d(input, size));
  }

  Tensor linear(String name, Tensor input) {
    return torch.linear(
        input, parameter(name + ".weight"), new TensorOptional(parameter(name + ".bias")));
  }

  Tensor linearWithoutBias(String name, Tensor input) {
    return torch.linear(input, parameter(name + ".weight"));
  }

  Tensor groupNorm(String name, Tensor input, double epsilon) {
    return torch.group_norm(
        input,
        GROUPS,
        new TensorOptional(parameter(name + ".weight")),
        new TensorOptional(parameter(name + ".bias")),
        epsilon,
        true);
  }

  Tensor layerNorm(String name, Tensor input) {
    Tensor scale = parameter(name + ".weight");
    return torch.layer_norm(
        input,
        Tensors.shape(scale),
        new TensorOptional(scale),
        new TensorOptional(parameter(name + ".bias")),
        LAYER_NORM_EPSILON,
        true);
  }
}
