package org.potstill.tensor;

import java.util.Arrays;
import org.bytedeco.javacpp.BoolPointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.T_TensorTensorTensor_T;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.potstill.kernels.ConvolutionMaps;
import org.potstill.kernels.CpuKernels;
import org.potstill.kernels.Kernels;

/**
 * Convolutions of stride 1 and their gradients, without history: by {@link Kernels#convolution}
 * where it does them and is faster, else by LibTorch's operators.
 *
 * <p>Maps have the channels last in memory, as LibTorch's {@code channels_last} has them; what
 * comes back is in the caller's scope. Takes as many threads as LibTorch does on the calling
 * thread.
 */
public final class Convolution {

  /**
   * What the kernel does, in multiplications of the direct sum that take as long. Measured on
   * AVX-512 with 128 channels.
   *
   * @param side of the squares
   * @param tile for a tile of 4 x 4: its planes, 36 or 121, and what the way into tiles and back
   *     takes
   * @param weights on their way into tiles, divided among a batch of 16
   */
  private record Cost(long side, long tile, long weights) {

    boolean isBelowDirect(long height, long width) {
      long byTiles = tile * ConvolutionMaps.tiles(height, width) + weights;
      return byTiles < side * side * height * width;
    }
  }

  private static final Cost OF_3 = new Cost(3, 47, 75);
  private static final Cost OF_5 = new Cost(5, 229, 315);

  private final Kernels kernels;

  /**
   * The operation.
   *
   * @param kernels of the host
   */
  public Convolution(Kernels kernels) {
    this.kernels = kernels;
  }

  /**
   * The operation by kernels that are faster than LibTorch's operators: native ones of the host.
   *
   * @param kernels may be null
   * @return null where they are not
   */
  public static Convolution ifFast(Kernels kernels) {
    return kernels instanceof CpuKernels ? new Convolution(kernels) : null;
  }

  /**
   * Whether the kernel does such a convolution, and on AVX2 and AVX-512 faster than LibTorch:
   * float32 in host memory, squares of 3 x 3 or 5 x 5 with zeros that keep the size, channels that
   * are multiples of 16, maps that fill tiles well enough or, with 3 x 3, have so few pixels that
   * it goes tap by tap. It depends on one image, so that the bits do not depend on how many are
   * beside it.
   *
   * @param input (N, in, H, W)
   * @param weight (out, in, side, side)
   * @param padding zeros on every side
   */
  public boolean takes(Tensor input, Tensor weight, int padding) {
    return Tensors.isFloatOnHost(input)
        && Tensors.isFloatOnHost(weight)
        && input.size(1) == weight.size(1)
        && weight.size(2) == weight.size(3)
        && padding == weight.size(2) / 2
        && weight.size(0) % ConvolutionMaps.CHANNELS == 0
        && weight.size(1) % ConvolutionMaps.CHANNELS == 0
        && isFaster(weight.size(2), input.size(2), input.size(3));
  }

  private static boolean isFaster(long side, long height, long width) {
    if (side == OF_3.side()) {
      return ConvolutionMaps.goByTaps(height, width) || OF_3.isBelowDirect(height, width);
    }
    return side == OF_5.side() && OF_5.isBelowDirect(height, width);
  }

  /**
   * The convolution.
   *
   * @param input (N, in, H, W)
   * @param weight (out, in, side, side)
   * @param bias (out); null for none
   * @param padding zeros on every side
   * @return (N, out, H + 2 padding - side + 1, ...), channels last
   */
  public Tensor forward(Tensor input, Tensor weight, Tensor bias, int padding) {
    if (!takes(input, weight, padding)) {
      return torch.conv2d(
          input.detach(),
          weight.detach(),
          bias == null ? new TensorOptional() : new TensorOptional(bias.detach()),
          new long[] {1, 1},
          new long[] {padding, padding},
          new long[] {1, 1},
          1);
    }
    Tensor output =
        ChannelsLast.empty(input, input.size(0), weight.size(0), input.size(2), input.size(3));
    try (PointerScope scope = new PointerScope()) {
      threaded()
          .convolution(
              maps(input, weight),
              ChannelsLast.of(input).data_ptr_float(),
              weight.contiguous().data_ptr_float(),
              bias == null ? null : bias.contiguous().data_ptr_float(),
              output.data_ptr_float());
    }
    return output;
  }

  /**
   * The convolution, with its backward pass for where autograd does not see it.
   *
   * @param segments that it is a cut of; null where nothing is differentiated
   */
  public Tensor apply(Segments segments, Tensor input, Tensor weight, Tensor bias, int padding) {
    Tensor output = forward(input, weight, bias, padding);
    if (segments == null) {
      return output;
    }
    Tensor filters = segments.keep(weight);
    Tensor shift = bias == null ? null : segments.keep(bias);
    return segments.cut(
        input,
        output,
        (maps, gradient, wanted, parameters) -> {
          parameters.offer(filters, () -> weightGradient(gradient, maps, filters, padding));
          if (shift != null) {
            parameters.offer(shift, () -> biasGradient(gradient));
          }
          return wanted ? inputGradient(gradient, maps, filters, padding) : null;
        });
  }

  /**
   * The gradient of the input.
   *
   * @param outputGradient shaped as the output
   * @param input as it was given; its values are not read
   * @param weight as it was given
   * @param padding as it was given
   * @return shaped as the input, channels last
   */
  public Tensor inputGradient(Tensor outputGradient, Tensor input, Tensor weight, int padding) {
    boolean few = isOfFew(input, weight, padding);
    if (!few && !takes(input, weight, padding)) {
      return backward(outputGradient, input, weight, padding, true);
    }
    // What is more than one zero counts as the map's, and is cut off afterwards.
    int margin = padding - (int) weight.size(2) / 2;
    long height = input.size(2) + 2L * margin;
    long width = input.size(3) + 2L * margin;
    requireOutput(outputGradient, input.size(0), weight.size(0), height, width);
    Tensor gradient = ChannelsLast.empty(input, input.size(0), input.size(1), height, width);
    try (PointerScope scope = new PointerScope()) {
      threaded()
          .convolutionInputGradient(
              maps(input.size(0), height, width, weight),
              ChannelsLast.of(outputGradient).data_ptr_float(),
              weight.contiguous().data_ptr_float(),
              gradient.data_ptr_float());
      if (margin > 0) {
        gradient.put(
            gradient
                .narrow(2, margin, input.size(2))
                .narrow(3, margin, input.size(3))
                .contiguous(torch.MemoryFormat.ChannelsLast));
      }
    }
    return gradient;
  }

  /**
   * Whether the kernel finds such a gradient of the input: of images, whose channels no vector is
   * filled with, on which LibTorch takes 4 to 20 times as long.
   */
  private static boolean isOfFew(Tensor input, Tensor weight, int padding) {
    return Tensors.isFloatOnHost(input)
        && Tensors.isFloatOnHost(weight)
        && padding >= OF_3.side() / 2
        && input.size(1) == weight.size(1)
        && weight.size(1) <= ConvolutionMaps.FEW
        && weight.size(2) == OF_3.side()
        && weight.size(3) == OF_3.side()
        && weight.size(0) % ConvolutionMaps.CHANNELS == 0;
  }

  /**
   * The gradient of the weights.
   *
   * @param outputGradient shaped as the output
   * @param input as it was given
   * @param weight as it was given; its values are not read
   * @param padding as it was given
   * @return shaped as the weights, row-major
   */
  public Tensor weightGradient(Tensor outputGradient, Tensor input, Tensor weight, int padding) {
    if (!takes(input, weight, padding)) {
      return backward(outputGradient, input, weight, padding, false);
    }
    requireOutput(outputGradient, input.size(0), weight.size(0), input.size(2), input.size(3));
    Tensor gradient = Tensors.empty(weight, Tensors.shape(weight));
    try (PointerScope scope = new PointerScope()) {
      threaded()
          .convolutionWeightGradient(
              maps(input, weight),
              ChannelsLast.of(input).data_ptr_float(),
              ChannelsLast.of(outputGradient).data_ptr_float(),
              gradient.data_ptr_float());
    }
    return gradient;
  }

  /** The gradient of the bias, (out). */
  public static Tensor biasGradient(Tensor outputGradient) {
    return outputGradient.sum(0, 2, 3);
  }

  /**
   * The gradient of the input by LibTorch's operator, wherever the tensors lie.
   *
   * @param outputGradient shaped as the output
   * @param input as it was given
   * @param weight as it was given
   * @param padding as it was given
   */
  public static Tensor plainInputGradient(
      Tensor outputGradient, Tensor input, Tensor weight, int padding) {
    return backward(outputGradient, input, weight, padding, true);
  }

  /** LibTorch looks at the shapes itself, the kernel sees only where they begin. */
  private static void requireOutput(Tensor outputGradient, long... expected) {
    long[] given = Tensors.shape(outputGradient);
    if (!Arrays.equals(expected, given)) {
      throw new IllegalArgumentException(
          "the gradient of the output is "
              + Arrays.toString(given)
              + ", the output "
              + Arrays.toString(expected));
    }
  }

  private static Tensor backward(
      Tensor outputGradient, Tensor input, Tensor weight, int padding, boolean ofInput) {
    Tensor gradient = new Tensor();
    try (PointerScope scope = new PointerScope()) {
      T_TensorTensorTensor_T found =
          torch.convolution_backward(
              outputGradient.detach(),
              input.detach(),
              weight.detach(),
              new long[] {weight.size(0)},
              new long[] {1, 1},
              new long[] {padding, padding},
              new long[] {1, 1},
              false,
              new long[] {0, 0},
              1,
              new BoolPointer(3).put(0, ofInput).put(1, !ofInput).put(2, false));
      gradient.put(ofInput ? found.get0() : found.get1().contiguous());
    }
    return gradient;
  }

  private Kernels threaded() {
    return kernels.withThreads(torch.get_num_threads());
  }

  private static ConvolutionMaps maps(Tensor input, Tensor weight) {
    return maps(input.size(0), input.size(2), input.size(3), weight);
  }

  private static ConvolutionMaps maps(long images, long height, long width, Tensor weight) {
    return new ConvolutionMaps(
        images, height, width, weight.size(1), weight.size(0), weight.size(2));
  }
}
