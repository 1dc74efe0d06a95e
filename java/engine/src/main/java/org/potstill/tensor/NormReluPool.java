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
   * What the operation works on, or as many tensors of the same shapes: a direction in which these
   * move, gradients with respect to them.
   *
   * @param maps (N, C, H, W)
   * @param scale (C)
   * @param shift (C)
   */
  public record Operands(Tensor maps, Tensor scale, Tensor shift) {

    /** Memory for as many, in the caller's scope. */
    private Operands emptyLike() {
      return new Operands(
          ChannelsLast.empty(maps, maps.size(0), maps.size(1), maps.size(2), maps.size(3)),
          Tensors.empty(maps, maps.size(1)),
          Tensors.empty(maps, maps.size(1)));
    }

    private NormGradients gradientPointers() {
      return new NormGradients(
          maps.data_ptr_float(), scale.data_ptr_float(), shift.data_ptr_float());
    }
  }

  /**
   * What a pass leaves, in the caller's scope.
   *
   * @param output (N, C, H / window, W / window), channels last
   * @param mean (N, C), of every map
   * @param rstd (N, C), the reciprocal of its standard deviation
   */
  public record Forward(Tensor output, Tensor mean, Tensor rstd) {}

  /** The forward pass, without history. */
  public Forward forward(Operands operands) {
    Tensor maps = operands.maps();
    Forward left = new Forward(emptyOutput(maps), emptyPerMap(maps), emptyPerMap(maps));
    try (PointerScope scope = new PointerScope()) {
      threaded()
          .normReluPool(
              sizes(maps),
              ChannelsLast.of(maps).data_ptr_float(),
              state(operands, left),
              left.output().data_ptr_float());
    }
    return left;
  }

  /**
   * The backward pass.
   *
   * @param operands as they were given
   * @param left what the forward pass left; its output is not read
   * @param outputGradient shaped as the output
   * @return the gradients of the operands, in the caller's scope
   */
  public Operands gradients(Operands operands, Forward left, Tensor outputGradient) {
    Operands gradients = operands.emptyLike();
    try (PointerScope scope = new PointerScope()) {
      threaded()
          .normReluPoolGradient(
              sizes(operands.maps()),
              ChannelsLast.of(operands.maps()).data_ptr_float(),
              state(operands, left),
              ChannelsLast.of(outputGradient).data_ptr_float(),
              gradients.gradientPointers());
    }
    return gradients;
  }

  /**
   * What a direction comes to, in the caller's scope.
   *
   * @param direction of the operands
   * @param output how the output moves, (N, C, H / window, W / window), channels last
   * @param mean (N, C), of the direction of every map
   * @param product (N, C), mean of that direction times the normed map
   */
  public record Tangent(Operands direction, Tensor output, Tensor mean, Tensor product) {}

  /**
   * How the output moves with the operands, without history.
   *
   * @param operands as they were given
   * @param left what the forward pass left; its output is not read
   */
  public Tangent tangent(Operands operands, Forward left, Operands direction) {
    Tensor maps = operands.maps();
    Tangent tangent =
        new Tangent(direction, emptyOutput(maps), emptyPerMap(maps), emptyPerMap(maps));
    try (PointerScope scope = new PointerScope()) {
      threaded()
          .normReluPoolTangent(
              sizes(maps),
              ChannelsLast.of(maps).data_ptr_float(),
              state(operands, left),
              pointers(tangent),
              tangent.output().data_ptr_float());
    }
    return tangent;
  }

  /**
   * How the gradients move with the operands and the gradient of the output.
   *
   * @param operands as they were given
   * @param left what the forward pass left; its output is not read
   * @param tangent what the direction of the operands came to; its output is not read
   * @param outputGradient shaped as the output
   * @param outputGradientTangent the direction of that gradient
   * @return the directions in which the gradients of the operands move, in the caller's scope
   */
  public Operands gradientTangents(
      Operands operands,
      Forward left,
      Tangent tangent,
      Tensor outputGradient,
      Tensor outputGradientTangent) {
    Operands tangents = operands.emptyLike();
    try (PointerScope scope = new PointerScope()) {
      threaded()
          .normReluPoolGradientTangent(
              sizes(operands.maps()),
              ChannelsLast.of(operands.maps()).data_ptr_float(),
              state(operands, left),
              pointers(tangent),
              ChannelsLast.of(outputGradient).data_ptr_float(),
              ChannelsLast.of(outputGradientTangent).data_ptr_float(),
              tangents.gradientPointers());
    }
    return tangents;
  }

  private Tensor emptyOutput(Tensor maps) {
    return ChannelsLast.empty(
        maps, maps.size(0), maps.size(1), maps.size(2) / window, maps.size(3) / window);
  }

  private static Tensor emptyPerMap(Tensor maps) {
    return Tensors.empty(maps, maps.size(0), maps.size(1));
  }

  private static NormTangent pointers(Tangent tangent) {
    Operands direction = tangent.direction();
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

  private NormState state(Operands operands, Forward left) {
    return new NormState(
        operands.scale().contiguous().data_ptr_float(),
        operands.shift().contiguous().data_ptr_float(),
        (float) epsilon,
        left.mean().data_ptr_float(),
        left.rstd().data_ptr_float());
  }
}
