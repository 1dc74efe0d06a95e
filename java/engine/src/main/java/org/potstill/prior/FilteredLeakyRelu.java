package org.potstill.prior;

import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.AutoGradMode;
import org.bytedeco.pytorch.GradMode;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.potstill.kernels.FilteredActivation;
import org.potstill.kernels.FirFilter;
import org.potstill.kernels.Kernels;
import org.potstill.tensor.Tensors;

/**
 * A leaky ReLU between an upsampling and a downsampling low-pass filter (Karras et al. 2021,
 * section 3.2): bias, upsampling with gain {@code up^2}, {@code gain * lrelu}, clamping,
 * downsampling.
 *
 * <p>Hand-written kernels compute both functions where they reach the tensors and LibTorch need not
 * differentiate them; elsewhere they are composed of LibTorch's operators. Nothing else knows
 * which.
 *
 * @param up factor
 * @param down factor
 * @param resampling the way up, with the padding of the upsampled image
 * @param gain factor of the activation
 * @param slope of the activation below zero
 * @param clamp bound of the absolute value, or infinity; no gradient passes where it holds
 */
public record FilteredLeakyRelu(
    int up, int down, UpFirDn resampling, double gain, double slope, double clamp) {

  /** Elements of the upsampled size that are worked on at a time: 2 MB. */
  private static final long BLOCK = 1L << 19;

  /**
   * An activation with the same padding in both directions.
   *
   * @param low rows and columns added before the upsampled image, negative to crop
   * @param high likewise after it
   */
  public static FilteredLeakyRelu of(
      int up, int down, int low, int high, double gain, double slope, double clamp) {
    UpFirDn resampling = UpFirDn.square(up, 1, low, high, (double) up * up);
    return new FilteredLeakyRelu(up, down, resampling, gain, slope, clamp);
  }

  /**
   * The activation; LibTorch can differentiate it where it is asked to.
   *
   * @param input (N, C, H, W)
   * @param bias (C)
   * @param upFilter (taps), (rows, columns), or null for none
   * @param downFilter likewise
   * @param kernels may be null
   * @return (N, C, H', W') in the caller's scope
   */
  public Tensor apply(
      Tensor input, Tensor bias, Tensor upFilter, Tensor downFilter, Kernels kernels) {
    if (GradMode.is_enabled() && (input.requires_grad() || bias.requires_grad())) {
      return whole(input, bias, upFilter, downFilter);
    }
    if (takes(kernels, input, upFilter, downFilter)) {
      return byKernel(input, bias, upFilter, downFilter, kernels);
    }
    return inBlocks(input, bias, (x, b, block) -> whole(x, b, upFilter, downFilter));
  }

  private Tensor whole(Tensor input, Tensor bias, Tensor upFilter, Tensor downFilter) {
    Tensor large = resampling.apply(input.add(bias.view(1, -1, 1, 1)), upFilter);
    Tensor active = slope == 1 ? large : torch.leaky_relu(large, new Scalar(slope));
    Tensor scaled = gain == 1 ? active : active.mul(new Scalar(gain));
    Tensor clamped =
        Double.isInfinite(clamp)
            ? scaled
            : torch.clamp(
                scaled,
                new ScalarOptional(new Scalar(-clamp)),
                new ScalarOptional(new Scalar(clamp)));
    UpFirDn smaller = new UpFirDn(1, 1, down, down, 0, 0, 0, 0, resampling.flip(), 1);
    return smaller.apply(clamped, downFilter);
  }

  /**
   * The gradient with respect to the input; what lies between is computed anew, so that nothing of
   * the upsampled size is kept.
   *
   * @param gradient with respect to the output
   * @param kernels may be null
   * @return (N, C, H, W) in the caller's scope
   */
  public Tensor gradient(
      Tensor input,
      Tensor bias,
      Tensor upFilter,
      Tensor downFilter,
      Tensor gradient,
      Kernels kernels) {
    if (takes(kernels, input, upFilter, downFilter)) {
      return gradientByKernel(input, bias, upFilter, downFilter, gradient, kernels);
    }
    AutoGradMode differentiate = new AutoGradMode(true);
    try {
      return inBlocks(
          input,
          bias,
          (x, b, block) -> {
            Tensor leaf = x.detach().requires_grad_(true);
            Tensor output = whole(leaf, b.detach(), upFilter, downFilter);
            return Tensors.gradients(output, block.of(gradient), new Tensor[] {leaf}, false)[0];
          });
    } finally {
      differentiate.close();
    }
  }

  private boolean takes(Kernels kernels, Tensor input, Tensor upFilter, Tensor downFilter) {
    boolean plain = resampling.equals(resampling.onTheWayUp()) && resampling.upX() == up;
    boolean square = resampling.upY() == up && resampling.gain() == (double) up * up;
    return plain
        && square
        && KernelTensors.take(kernels, input)
        && KernelTensors.takeFilter(kernels, upFilter)
        && KernelTensors.takeFilter(kernels, downFilter);
  }

  private Tensor byKernel(
      Tensor input, Tensor bias, Tensor upFilter, Tensor downFilter, Kernels kernels) {
    Tensor result = new Tensor();
    try (PointerScope scope = new PointerScope()) {
      FilteredActivation activation =
          activation(KernelTensors.filter(upFilter), KernelTensors.filter(downFilter));
      long images = input.size(0);
      long channels = input.size(1);
      long height = activation.outHeight(input.size(2));
      long width = activation.outWidth(input.size(3));
      Tensor output = Tensors.empty(input, images, channels, height, width);
      kernels.filteredLeakyRelu(
          KernelTensors.floats(input),
          KernelTensors.floats(bias),
          images * channels,
          channels,
          input.size(2),
          input.size(3),
          activation,
          KernelTensors.floats(output));
      result.put(output);
    }
    return result;
  }

  private Tensor gradientByKernel(
      Tensor input,
      Tensor bias,
      Tensor upFilter,
      Tensor downFilter,
      Tensor gradient,
      Kernels kernels) {
    Tensor result = new Tensor();
    try (PointerScope scope = new PointerScope()) {
      Tensor inputGradient = Tensors.empty(input, Tensors.shape(input));
      kernels.filteredLeakyReluGradient(
          KernelTensors.floats(input),
          KernelTensors.floats(bias),
          input.size(0) * input.size(1),
          input.size(1),
          input.size(2),
          input.size(3),
          activation(KernelTensors.filter(upFilter), KernelTensors.filter(downFilter)),
          KernelTensors.floats(gradient),
          KernelTensors.floats(inputGradient));
      result.put(inputGradient);
    }
    return result;
  }

  private FilteredActivation activation(FirFilter upFilter, FirFilter downFilter) {
    return new FilteredActivation(
        up,
        down,
        resampling.left(),
        resampling.right(),
        resampling.top(),
        resampling.bottom(),
        resampling.flip(),
        gain,
        slope,
        clamp,
        upFilter,
        downFilter);
  }

  /** Some channels of one image. */
  private record Block(long image, long first, long channels) {

    private Tensor of(Tensor tensor) {
      return tensor.narrow(0, image, 1).narrow(1, first, channels);
    }
  }

  /** Works on a block. */
  private interface Work {
    Tensor apply(Tensor input, Tensor bias, Block block);
  }

  /**
   * Channels do not know each other, so they take turns, as many at a time as fit the caches: the
   * allocator then hands the same memory out again, where large tensors are fresh pages of the
   * system each time, which took longer than the arithmetic.
   */
  private Tensor inBlocks(Tensor input, Tensor bias, Work work) {
    long inner = (input.size(2) + 1) * up * ((input.size(3) + 1) * up);
    long atOnce = Math.max(1, input.is_cpu() ? BLOCK / inner : input.size(1));
    Tensor result = new Tensor();
    for (long image = 0; image < input.size(0); image++) {
      for (long first = 0; first < input.size(1); first += atOnce) {
        try (PointerScope scope = new PointerScope()) {
          Block block = new Block(image, first, Math.min(atOnce, input.size(1) - first));
          Tensor own = bias.narrow(0, block.first(), block.channels());
          Tensor part = work.apply(block.of(input), own, block);
          if (!result.defined()) {
            long[] shape = {input.size(0), input.size(1), part.size(2), part.size(3)};
            result.put(Tensors.empty(input, shape));
          }
          block.of(result).copy_(part.detach());
        }
      }
    }
    return result;
  }
}
