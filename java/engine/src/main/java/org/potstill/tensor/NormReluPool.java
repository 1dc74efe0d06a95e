package org.potstill.tensor;

import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.potstill.kernels.Kernels;
import org.potstill.kernels.NormGradients;
import org.potstill.kernels.NormMaps;
import org.potstill.kernels.NormState;
import org.potstill.kernels.NormTangent;

/**
 * Instance norm, ReLU or not, and average pooling in one kernel: {@link Kernels#normReluPool} on
 * tensors.
 *
 * <p>Maps have the channels last in memory, as LibTorch's {@code channels_last} has them. Takes as
 * many threads as LibTorch does on the calling thread.
 */
public final class NormReluPool {

  private final Kernels kernels;
  private final int window;
  private final boolean relu;
  private final double epsilon;

  /**
   * The operation.
   *
   * @param kernels of the host
   * @param window side of the squares that are averaged: 2, or 1 for no pooling
   * @param relu whether the ReLU comes between, without which there are no tangents
   * @param epsilon added to the variance
   */
  public NormReluPool(Kernels kernels, int window, boolean relu, double epsilon) {
    this.kernels = kernels;
    this.window = window;
    this.relu = relu;
    this.epsilon = epsilon;
  }

  /** Whether it works on such maps: float32, in host memory. */
  public boolean takes(Tensor maps) {
    return Tensors.isFloatOnHost(maps);
  }

  /**
   * What a pass leaves, in the caller's scope.
   *
   * @param output (N, C, H / window, W / window), channels last
   * @param mean (N, C), of every map
   * @param rstd (N, C), the reciprocal of its standard deviation
   */
  public record Forward(Tensor output, Tensor mean, Tensor rstd) {}

  /**
   * The pass, without history.
   *
   * @param maps (N, C, H, W)
   * @param scale (C)
   * @param shift (C)
   */
  public Forward forward(Tensor maps, Tensor scale, Tensor shift) {
    long count = maps.size(0);
    long channels = maps.size(1);
    Tensor output =
        ChannelsLast.empty(maps, count, channels, maps.size(2) / window, maps.size(3) / window);
    Tensor mean = Tensors.empty(maps, count, channels);
    Tensor rstd = Tensors.empty(maps, count, channels);
    try (PointerScope scope = new PointerScope()) {
      threaded()
          .normReluPool(
              sizes(maps),
              ChannelsLast.of(maps).data_ptr_float(),
              state(scale, shift, mean, rstd),
              output.data_ptr_float());
    }
    return new Forward(output, mean, rstd);
  }

  /**
   * The way back.
   *
   * @param maps as they were given
   * @param scale as it was given
   * @param shift as it was given
   * @param left what the pass left; its output is not read
   * @param outputGradient shaped as the output
   * @return the gradients of maps, scale and shift, in the caller's scope
   */
  public Tensor[] gradients(
      Tensor maps, Tensor scale, Tensor shift, Forward left, Tensor outputGradient) {
    Tensor ofMaps =
        ChannelsLast.empty(maps, maps.size(0), maps.size(1), maps.size(2), maps.size(3));
    Tensor ofScale = Tensors.empty(maps, maps.size(1));
    Tensor ofShift = Tensors.empty(maps, maps.size(1));
    try (PointerScope scope = new PointerScope()) {
      threaded()
          .normReluPoolGradient(
              sizes(maps),
              ChannelsLast.of(maps).data_ptr_float(),
              state(scale, shift, left.mean(), left.rstd()),
              ChannelsLast.of(outputGradient).data_ptr_float(),
              new NormGradients(
                  ofMaps.data_ptr_float(), ofScale.data_ptr_float(), ofShift.data_ptr_float()));
    }
    return new Tensor[] {ofMaps, ofScale, ofShift};
  }

  /**
   * A direction in which the operands move, each shaped as what it moves.
   *
   * @param maps (N, C, H, W)
   * @param scale (C)
   * @param shift (C)
   */
  public record Direction(Tensor maps, Tensor scale, Tensor shift) {}

  /**
   * What a direction comes to, in the caller's scope.
   *
   * @param output how the output moves, (N, C, H / window, W / window), channels last
   * @param mean (N, C), of the direction of every map
   * @param product (N, C), mean of that direction times the normed map
   */
  public record Tangent(Tensor output, Tensor mean, Tensor product) {}

  /**
   * How the output moves with the operands, without history.
   *
   * @param maps as they were given
   * @param scale as it was given
   * @param shift as it was given
   * @param left what the pass left; its output is not read
   */
  public Tangent tangent(
      Tensor maps, Tensor scale, Tensor shift, Forward left, Direction direction) {
    long count = maps.size(0);
    long channels = maps.size(1);
    Tensor output =
        ChannelsLast.empty(maps, count, channels, maps.size(2) / window, maps.size(3) / window);
    Tensor mean = Tensors.empty(maps, count, channels);
    Tensor product = Tensors.empty(maps, count, channels);
    Tangent tangent = new Tangent(output, mean, product);
    try (PointerScope scope = new PointerScope()) {
      threaded()
          .normReluPoolTangent(
              sizes(maps),
              ChannelsLast.of(maps).data_ptr_float(),
              state(scale, shift, left.mean(), left.rstd()),
              pointers(direction, tangent),
              output.data_ptr_float());
    }
    return tangent;
  }

  /**
   * How the gradients move with the operands and the gradient of the output.
   *
   * @param maps as they were given
   * @param scale as it was given
   * @param shift as it was given
   * @param left what the pass left; its output is not read
   * @param direction of the operands
   * @param tangent what it came to; its output is not read
   * @param outputGradient shaped as the output
   * @param outputGradientTangent the direction of that gradient
   * @return the directions in which the gradients of maps, scale and shift move, in the caller's
   *     scope
   */
  public Tensor[] gradientTangents(
      Tensor maps,
      Tensor scale,
      Tensor shift,
      Forward left,
      Direction direction,
      Tangent tangent,
      Tensor outputGradient,
      Tensor outputGradientTangent) {
    Tensor ofMaps =
        ChannelsLast.empty(maps, maps.size(0), maps.size(1), maps.size(2), maps.size(3));
    Tensor ofScale = Tensors.empty(maps, maps.size(1));
    Tensor ofShift = Tensors.empty(maps, maps.size(1));
    try (PointerScope scope = new PointerScope()) {
      threaded()
          .normReluPoolGradientTangent(
              sizes(maps),
              ChannelsLast.of(maps).data_ptr_float(),
              state(scale, shift, left.mean(), left.rstd()),
              pointers(direction, tangent),
              ChannelsLast.of(outputGradient).data_ptr_float(),
              ChannelsLast.of(outputGradientTangent).data_ptr_float(),
              new NormGradients(
                  ofMaps.data_ptr_float(), ofScale.data_ptr_float(), ofShift.data_ptr_float()));
    }
    return new Tensor[] {ofMaps, ofScale, ofShift};
  }

  private static NormTangent pointers(Direction direction, Tangent tangent) {
    return new NormTangent(
        ChannelsLast.of(direction.maps()).data_ptr_float(),
        direction.scale().contiguous().data_ptr_float(),
        direction.shift().contiguous().data_ptr_float(),
        tangent.mean().data_ptr_float(),
        tangent.product().data_ptr_float());
  }

  private Kernels threaded() {
    return kernels.withThreads(torch.get_num_threads());
  }

  private NormMaps sizes(Tensor maps) {
    return new NormMaps(maps.size(0), maps.size(2), maps.size(3), maps.size(1), window, relu);
  }

  private NormState state(Tensor scale, Tensor shift, Tensor mean, Tensor rstd) {
    return new NormState(
        scale.contiguous().data_ptr_float(),
        shift.contiguous().data_ptr_float(),
        (float) epsilon,
        mean.data_ptr_float(),
        rstd.data_ptr_float());
  }
}
