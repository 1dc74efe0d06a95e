package org.potstill.prior;

import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.potstill.kernels.ConvolutionMaps;
import org.potstill.kernels.Kernels;
import org.potstill.tensor.ChannelsLast;
import org.potstill.tensor.Convolution;
import org.potstill.tensor.Tensors;

/**
 * A convolution, padded by its size less 1, of channels that every image scales in its own way
 * before and after: {@code y = out * (weight (*) (in * x))}. It has its own backward pass, keeps
 * nothing for it but input and output, and has no history.
 *
 * <p>On the CPU 3 x 3 goes to the kernel, which wants the channels last, a multiple of 16 of them,
 * and one zero around; all that is done on the way to one map and from another, which images take
 * in turns.
 */
final class ScaledConvolution {

  /** Zeros that the kernel puts around a map by itself. */
  private static final int KERNEL_PADDING = 1;

  private static final int KERNEL_SIDE = 3;

  /** Elements of a map that images take in turns, but for at least one image: 16 MB. */
  private static final long AT_ONCE = 1L << 22;

  private final Convolution kernel;
  private final Tensor weight;
  private final int padding;

  /**
   * The operation.
   *
   * @param kernels may be null
   * @param weight (O, I, K, K)
   */
  ScaledConvolution(Kernels kernels, Tensor weight) {
    this.kernel = Convolution.ifFast(kernels);
    this.weight = weight.detach();
    this.padding = Math.toIntExact(weight.size(2) - 1);
  }

  /**
   * What images scale channels by.
   *
   * @param in (N, I)
   * @param out (N, O), or a single number
   */
  record Factors(Tensor in, Tensor out) {}

  /**
   * What a loss changes with.
   *
   * @param input shaped as the input
   * @param in (N, I)
   * @param out (N, O); null where the factor is a single number
   */
  record Gradients(Tensor input, Tensor in, Tensor out) {}

  /**
   * The convolution.
   *
   * @param input (N, I, H, W)
   * @return (N, O, H + K - 1, W + K - 1)
   */
  Tensor forward(Tensor input, Factors factors) {
    Tensor result = new Tensor();
    try (PointerScope scope = new PointerScope();
        NoGradGuard guard = new NoGradGuard()) {
      Tensor filters = filters(input);
      result.put(
          filters == null
              ? ModulatedConvolution.apply(input, new ModulatedConvolution.Scaled(weight, factors))
              : byKernel(input.detach(), factors, filters));
    }
    return result;
  }

  private Tensor byKernel(Tensor input, Factors factors, Tensor filters) {
    Tensor in = columns(factors.in());
    Tensor out = columns(factors.out());
    long images = input.size(0);
    Tensor output = Tensors.empty(input, outputShape(input));
    Tensor map = map(input, filters.size(1));
    Tensor inside = inside(map, input);
    for (long start = 0; start < images; start += map.size(0)) {
      try (PointerScope scope = new PointerScope()) {
        Part part = new Part(start, Math.min(map.size(0), images - start));
        torch.mul_out(part.first(inside), part.of(input), part.of(in));
        Tensor raw = kernel.forward(part.first(map), filters, null, KERNEL_PADDING);
        torch.mul_out(part.of(output), raw.narrow(1, 0, weight.size(0)), part.of(out));
      }
    }
    return output;
  }

  /**
   * The backward pass.
   *
   * @param outputGradient shaped as the output
   * @param output what {@link #forward} gave for the input
   */
  Gradients gradients(Tensor outputGradient, Tensor input, Factors factors, Tensor output) {
    boolean scalar = factors.out().dim() != 2;
    Gradients found =
        new Gradients(
            Tensors.empty(input, Tensors.shape(input)),
            Tensors.empty(input, Tensors.shape(factors.in())),
            scalar ? null : Tensors.empty(input, Tensors.shape(factors.out())));
    try (PointerScope scope = new PointerScope();
        NoGradGuard guard = new NoGradGuard()) {
      Tensor filters = filters(input);
      Tensor map = filters == null ? null : map(input, filters.size(0));
      long images = input.size(0);
      long atOnce = map == null ? images : map.size(0);
      for (long start = 0; start < images; start += atOnce) {
        try (PointerScope inner = new PointerScope()) {
          Part part = new Part(start, Math.min(atOnce, images - start));
          Tensor ofOutput = part.of(outputGradient);
          Tensor out = part.of(columns(factors.out()));
          Tensor ofScaled =
              map == null
                  ? Convolution.plainInputGradient(ofOutput.mul(out), input, weight, padding)
                  : kernelGradient(part.first(map), ofOutput, out, filters, input);
          part.of(found.in()).copy_(products(ofScaled, part.of(input)));
          torch.mul_out(part.of(found.input()), ofScaled, part.of(columns(factors.in())));
          if (found.out() != null) {
            // The output before it was scaled is not kept; no factor is zero.
            Tensor products = products(ofOutput, part.of(output));
            part.of(found.out()).copy_(products.div(part.of(factors.out())));
          }
        }
      }
    }
    return found;
  }

  private Tensor kernelGradient(
      Tensor map, Tensor outputGradient, Tensor out, Tensor filters, Tensor input) {
    torch.mul_out(map.narrow(1, 0, weight.size(0)), outputGradient, out);
    Tensor shape = shapedAs(map, filters.size(1));
    return inside(kernel.inputGradient(map, shape, filters, KERNEL_PADDING), input);
  }

  /** Some images. */
  private record Part(long start, long length) {

    private Tensor of(Tensor all) {
      return all.dim() == 0 ? all : all.narrow(0, start, length);
    }

    private Tensor first(Tensor all) {
      return all.narrow(0, 0, length);
    }
  }

  /**
   * The weights as the kernel takes them, zeros among their channels; null where it takes none, or
   * is not faster than LibTorch, which need not multiply by zeros.
   */
  private Tensor filters(Tensor input) {
    if (kernel == null || weight.size(2) != KERNEL_SIDE) {
      return null;
    }
    long in = missing(weight.size(1));
    long out = missing(weight.size(0));
    Tensor filters =
        in == 0 && out == 0
            ? weight
            : torch.constant_pad_nd(weight, new long[] {0, 0, 0, 0, 0, in, 0, out}, new Scalar(0));
    Tensor like = Tensors.empty(input, 1).expand(mapShape(input, 1, filters.size(1)));
    boolean mostlyFull = 4 * weight.numel() >= 3 * filters.numel();
    return mostlyFull && kernel.takes(like, filters, KERNEL_PADDING) ? filters : null;
  }

  private static long missing(long channels) {
    return Math.floorMod(-channels, (long) ConvolutionMaps.CHANNELS);
  }

  private long[] outputShape(Tensor input) {
    return mapShape(input, input.size(0), weight.size(0));
  }

  /** The size of the output, which is that of the input with its zeros but for the kernel's. */
  private long[] mapShape(Tensor input, long images, long channels) {
    return new long[] {images, channels, input.size(2) + padding, input.size(3) + padding};
  }

  /** A map of zeros that images take in turns. */
  private Tensor map(Tensor input, long channels) {
    long[] one = mapShape(input, 1, channels);
    long atOnce = Math.max(1, AT_ONCE / (one[1] * one[2] * one[3]));
    return ChannelsLast.zeros(input, mapShape(input, Math.min(input.size(0), atOnce), channels));
  }

  /** Where the input lies in its map. */
  private Tensor inside(Tensor map, Tensor input) {
    int around = padding - KERNEL_PADDING;
    return map.narrow(1, 0, input.size(1))
        .narrow(2, around, input.size(2))
        .narrow(3, around, input.size(3));
  }

  /** A shape without memory. */
  private static Tensor shapedAs(Tensor map, long channels) {
    return Tensors.empty(map, 1).expand(map.size(0), channels, map.size(2), map.size(3));
  }

  /** (N, C) as (N, C, 1, 1), a single number as it is. */
  static Tensor columns(Tensor factors) {
    return factors.dim() == 2 ? factors.unsqueeze(2).unsqueeze(3) : factors;
  }

  /** The sums over positions of products, (N, C). */
  private static Tensor products(Tensor one, Tensor other) {
    return one.mul(other).sum(2, 3);
  }
}
