package org.potstill.benchmarks;

import java.util.Locale;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.potstill.kernels.Kernels;
import org.potstill.kernels.NormGradients;
import org.potstill.kernels.NormMaps;
import org.potstill.kernels.NormState;
import org.potstill.kernels.NormTangent;
import org.potstill.net.Layers;
import org.potstill.tensor.Placement;
import org.potstill.tensor.Tensors;

/**
 * What follows the convolution in a block of ConvNet, 128 channels, 16 images: instance norm, ReLU
 * and average pooling, against LibTorch's three operators on maps with the channels first, where
 * its norm is fast. With gradient: ours in two calls, LibTorch by autograd. With two derivatives,
 * as gradient and trajectory matching take them: ours in four calls, by tangents.
 */
final class NormReluPoolCase implements HostCase {

  private static final long IMAGES = 16;
  private static final long CHANNELS = 128;
  private static final int WINDOW = 2;
  private static final float EPSILON = 1e-5f;

  private final long side;
  private final int derivatives;
  private final NormMaps maps;
  private final Tensor first;
  private final Tensor last;
  private final Tensor scale = Tensors.of(new float[] {1.5f}, 1).repeat(CHANNELS);
  private final Tensor shift = Tensors.of(new float[] {0.25f}, 1).repeat(CHANNELS);
  private final Tensor mean;
  private final Tensor rstd;
  private final Tensor output;
  private final Tensor upstream;
  private final Tensor upstreamLast;
  private final Tensor gradient;
  private final Tensor scaleGradient;
  private final Tensor shiftGradient;
  private final Tensor direction;
  private final Tensor directionLast;
  private final Tensor scaleDirection = Tensors.of(new float[] {0.5f}, 1).repeat(CHANNELS);
  private final Tensor shiftDirection = Tensors.of(new float[] {-0.5f}, 1).repeat(CHANNELS);
  private final Tensor upstreamDirection;
  private final Tensor upstreamDirectionLast;
  private final Tensor directionMean;
  private final Tensor directionProduct;
  private final Tensor outputTangent;
  private final Tensor gradientTangent;
  private final Tensor scaleGradientTangent;
  private final Tensor shiftGradientTangent;
  private final NormState state;
  private final NormGradients gradients;
  private final NormTangent tangent;

  NormReluPoolCase(Placement place, long side, int derivatives) {
    this.side = side;
    this.derivatives = derivatives;
    long pooled = side / WINDOW;
    maps = new NormMaps(IMAGES, side, side, CHANNELS, WINDOW);
    first = Inputs.normal(place, 1, IMAGES, CHANNELS, side, side);
    last = channelsLast(first);
    upstream = Inputs.normal(place, 2, IMAGES, CHANNELS, pooled, pooled);
    upstreamLast = channelsLast(upstream);
    mean = Tensors.empty(first, IMAGES, CHANNELS);
    rstd = Tensors.empty(first, IMAGES, CHANNELS);
    output = Tensors.empty(first, IMAGES, pooled, pooled, CHANNELS);
    gradient = Tensors.empty(first, IMAGES, side, side, CHANNELS);
    scaleGradient = Tensors.empty(first, CHANNELS);
    shiftGradient = Tensors.empty(first, CHANNELS);
    direction = Inputs.normal(place, 3, IMAGES, CHANNELS, side, side);
    directionLast = channelsLast(direction);
    upstreamDirection = Inputs.normal(place, 4, IMAGES, CHANNELS, pooled, pooled);
    upstreamDirectionLast = channelsLast(upstreamDirection);
    directionMean = Tensors.empty(first, IMAGES, CHANNELS);
    directionProduct = Tensors.empty(first, IMAGES, CHANNELS);
    outputTangent = Tensors.empty(first, IMAGES, pooled, pooled, CHANNELS);
    gradientTangent = Tensors.empty(first, IMAGES, side, side, CHANNELS);
    scaleGradientTangent = Tensors.empty(first, CHANNELS);
    shiftGradientTangent = Tensors.empty(first, CHANNELS);
    state =
        new NormState(
            scale.data_ptr_float(),
            shift.data_ptr_float(),
            EPSILON,
            mean.data_ptr_float(),
            rstd.data_ptr_float());
    gradients =
        new NormGradients(
            gradient.data_ptr_float(),
            scaleGradient.data_ptr_float(),
            shiftGradient.data_ptr_float());
    tangent =
        new NormTangent(
            directionLast.data_ptr_float(),
            scaleDirection.data_ptr_float(),
            shiftDirection.data_ptr_float(),
            directionMean.data_ptr_float(),
            directionProduct.data_ptr_float());
  }

  /** (N, C, H, W) as (N, H, W, C), row-major. */
  private static Tensor channelsLast(Tensor maps) {
    return maps.permute(0, 2, 3, 1).contiguous();
  }

  @Override
  public String name() {
    return String.format(
        Locale.ROOT,
        "norm_relu_pool%s (%d, %d, %d, %d)",
        new String[] {"", " with gradient", " with two derivatives"}[derivatives],
        IMAGES,
        CHANNELS,
        side,
        side);
  }

  @Override
  public double target() {
    return 2;
  }

  @Override
  public long bytes() {
    // Maps and pooled maps that the calls read or write, each taken once.
    long ways = new long[] {1, 3, 8}[derivatives];
    long pooledWays = new long[] {1, 2, 5}[derivatives];
    long elements = IMAGES * CHANNELS * side * side;
    return 4 * (ways * elements + pooledWays * elements / (WINDOW * WINDOW));
  }

  @Override
  public void ours(Kernels kernels) {
    kernels.normReluPool(maps, last.data_ptr_float(), state, output.data_ptr_float());
    if (derivatives >= 1) {
      kernels.normReluPoolGradient(
          maps, last.data_ptr_float(), state, upstreamLast.data_ptr_float(), gradients);
    }
    if (derivatives == 2) {
      kernels.normReluPoolTangent(
          maps, last.data_ptr_float(), state, tangent, outputTangent.data_ptr_float());
      kernels.normReluPoolGradientTangent(
          maps,
          last.data_ptr_float(),
          state,
          tangent,
          upstreamLast.data_ptr_float(),
          upstreamDirectionLast.data_ptr_float(),
          new NormGradients(
              gradientTangent.data_ptr_float(),
              scaleGradientTangent.data_ptr_float(),
              shiftGradientTangent.data_ptr_float()));
    }
  }

  @Override
  public void libtorch() {
    try (PointerScope scope = new PointerScope()) {
      switch (derivatives) {
        case 0 -> expectedOutput();
        case 1 -> expectedGradients();
        default -> expectedTangents();
      }
    }
  }

  private Tensor expectedOutput() {
    try (NoGradGuard guard = new NoGradGuard()) {
      return composition(first, scale, shift);
    }
  }

  private static Tensor composition(Tensor maps, Tensor scale, Tensor shift) {
    Tensor normed =
        torch.group_norm(
            maps, CHANNELS, new TensorOptional(scale), new TensorOptional(shift), EPSILON, true);
    return Layers.averagePool(normed.relu_(), WINDOW);
  }

  /** Of maps, scale and shift. */
  private Tensor[] expectedGradients() {
    Tensor[] inputs = {leaf(first), leaf(scale), leaf(shift)};
    return Tensors.gradients(composition(inputs[0], inputs[1], inputs[2]), upstream, inputs, false);
  }

  /**
   * Of the output, and of the gradients of maps, scale and shift. The output is the derivative of
   * {@code <gradient, direction>} with respect to the gradient it is multiplied with; the Hessian
   * is symmetric.
   */
  private Tensor[] expectedTangents() {
    Tensor[] inputs = {leaf(first), leaf(scale), leaf(shift)};
    Tensor received = leaf(upstream);
    Tensor value = composition(inputs[0], inputs[1], inputs[2]);
    Tensor[] found = Tensors.gradients(value, received, inputs, true);
    return Tensors.gradients(
        new Tensor[] {found[0], found[1], found[2], value},
        new Tensor[] {direction, scaleDirection, shiftDirection, upstreamDirection},
        new Tensor[] {received, inputs[0], inputs[1], inputs[2]});
  }

  private static Tensor leaf(Tensor tensor) {
    return tensor.detach().requires_grad_(true);
  }

  @Override
  public void check(Kernels kernels) {
    ours(kernels);
    try (PointerScope scope = new PointerScope()) {
      requireClose("output", channelsLast(expectedOutput()), output);
      if (derivatives >= 1) {
        Tensor[] expected = expectedGradients();
        requireClose("gradient", channelsLast(expected[0]), gradient);
        requireClose("gradient of the scale", expected[1], scaleGradient);
        requireClose("gradient of the shift", expected[2], shiftGradient);
      }
      if (derivatives == 2) {
        Tensor[] expected = expectedTangents();
        requireClose("tangent of the output", channelsLast(expected[0]), outputTangent);
        requireClose("tangent of the gradient", channelsLast(expected[1]), gradientTangent);
        requireClose("tangent of the scale's gradient", expected[2], scaleGradientTangent);
        requireClose("tangent of the shift's gradient", expected[3], shiftGradientTangent);
      }
    }
  }

  private static void requireClose(String what, Tensor expected, Tensor actual) {
    Inputs.requireClose(what, Tensors.toFloats(expected), Tensors.toFloats(actual));
  }
}
