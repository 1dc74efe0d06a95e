package org.potstill.benchmarks;

import java.util.Locale;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.potstill.kernels.ConvolutionMaps;
import org.potstill.kernels.Kernels;
import org.potstill.tensor.Placement;
import org.potstill.tensor.Tensors;

/**
 * A convolution inside a ConvNet, 128 channels to 128, 64 images: against LibTorch's on maps with
 * the channels last, where it is fastest. With gradients: those of the input and of the weights as
 * well, LibTorch's by autograd.
 */
final class ConvolutionCase implements HostCase {

  private static final long IMAGES = 64;
  private static final long CHANNELS = 128;

  private final long side;
  private final long ofSquares;
  private final boolean gradients;
  private final ConvolutionMaps maps;
  private final Tensor input;
  private final Tensor weight;
  private final Tensor bias;
  private final Tensor upstream;
  private final Tensor output;
  private final Tensor inputGradient;
  private final Tensor weightGradient;

  /**
   * A case.
   *
   * @param side of the maps
   * @param ofSquares side of the squares of weights, 3 or 5
   */
  ConvolutionCase(Placement place, long side, long ofSquares, boolean gradients) {
    this.side = side;
    this.ofSquares = ofSquares;
    this.gradients = gradients;
    maps = new ConvolutionMaps(IMAGES, side, side, CHANNELS, CHANNELS, ofSquares);
    input = Inputs.channelsLast(Inputs.normal(place, 1, IMAGES, CHANNELS, side, side));
    weight = Inputs.filters(place, 2, CHANNELS, CHANNELS, ofSquares);
    bias = Inputs.normal(place, 3, CHANNELS);
    upstream = Inputs.channelsLast(Inputs.normal(place, 4, IMAGES, CHANNELS, side, side));
    output = torch.empty_like(input);
    inputGradient = torch.empty_like(input);
    weightGradient = torch.empty_like(weight);
  }

  @Override
  public String name() {
    return String.format(
        Locale.ROOT,
        "convolution%s%s (%d, %d, %d, %d)",
        ofSquares == 3 ? "" : " 5 x 5",
        gradients ? " with gradients" : "",
        IMAGES,
        CHANNELS,
        side,
        side);
  }

  /**
   * With squares of 5 x 5 three tenths of the multiplications are left where with 3 x 3 it is a
   * quarter, and the planes outgrow the caches: 1.38 to 1.70 from run to run.
   */
  @Override
  public double target() {
    return ofSquares == 3 ? 1.4 : 1.25;
  }

  @Override
  public long bytes() {
    long elements = IMAGES * CHANNELS * side * side;
    long weights = weight.numel();
    return 4 * (gradients ? 6 * elements + 3 * weights : 2 * elements + weights);
  }

  @Override
  public void ours(Kernels kernels) {
    kernels.convolution(
        maps,
        input.data_ptr_float(),
        weight.data_ptr_float(),
        bias.data_ptr_float(),
        output.data_ptr_float());
    if (gradients) {
      kernels.convolutionInputGradient(
          maps, upstream.data_ptr_float(), weight.data_ptr_float(), inputGradient.data_ptr_float());
      kernels.convolutionWeightGradient(
          maps, input.data_ptr_float(), upstream.data_ptr_float(), weightGradient.data_ptr_float());
    }
  }

  @Override
  public void libtorch() {
    try (PointerScope scope = new PointerScope()) {
      if (gradients) {
        expectedGradients();
      } else {
        expectedOutput();
      }
    }
  }

  private Tensor expectedOutput() {
    try (NoGradGuard guard = new NoGradGuard()) {
      return convolve(input, weight);
    }
  }

  private Tensor convolve(Tensor from, Tensor by) {
    return torch.conv2d(
        from,
        by,
        new TensorOptional(bias),
        new long[] {1, 1},
        new long[] {ofSquares / 2, ofSquares / 2},
        new long[] {1, 1},
        1);
  }

  /** Of input and weights. */
  private Tensor[] expectedGradients() {
    Tensor[] leaves = {input.detach().requires_grad_(true), weight.detach().requires_grad_(true)};
    return Tensors.gradients(convolve(leaves[0], leaves[1]), upstream, leaves, false);
  }

  @Override
  public void check(Kernels kernels) {
    ours(kernels);
    try (PointerScope scope = new PointerScope()) {
      requireClose("output", expectedOutput(), output);
      if (gradients) {
        Tensor[] expected = expectedGradients();
        requireClose("gradient of the input", expected[0], inputGradient);
        requireClose("gradient of the weights", expected[1], weightGradient);
      }
    }
  }

  private static void requireClose(String what, Tensor expected, Tensor actual) {
    Inputs.requireClose(what, Tensors.toFloats(expected), Tensors.toFloats(actual));
  }
}
