package org.potstill.net;

import org.bytedeco.pytorch.GradMode;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;

/** Instance norm (Ulyanov et al. 2016) with a scale and a shift per channel. */
final class InstanceNorm {

  /** Positions from which LibTorch's group norm reads channels-last maps in order. */
  private static final long LARGE_MAP = 1024;

  private InstanceNorm() {}

  /**
   * {@code (x - mean) / sqrt(var + epsilon) * scale + shift}, mean and variance over positions.
   *
   * <p>On the CPU, LibTorch's group norm takes 10 to 20 times as long as needed for small maps with
   * the channels last, since it walks through every channel by itself. Without gradients we sum
   * over all channels together instead, which halves the time of a ConvNet's forward pass.
   *
   * @param input (N, C, H, W)
   * @param scale (C)
   * @param shift (C)
   */
  static Tensor apply(Tensor input, Tensor scale, Tensor shift, double epsilon) {
    if (!isSmallChannelsLast(input) || isDifferentiated(input, scale)) {
      return torch.group_norm(
          input,
          input.size(1),
          new TensorOptional(scale),
          new TensorOptional(shift),
          epsilon,
          true);
    }
    Tensor centred = input.sub(positionMean(input));
    Tensor variance = positionMean(centred.square());
    Tensor factor = variance.add_(new Scalar(epsilon)).rsqrt_().mul_(scale.view(1, -1, 1, 1));
    return torch.addcmul(shift.view(1, -1, 1, 1), centred, factor);
  }

  private static Tensor positionMean(Tensor input) {
    return input.mean(new long[] {2, 3}, true, new ScalarTypeOptional());
  }

  private static boolean isSmallChannelsLast(Tensor input) {
    return input.is_cpu()
        && input.scalar_type().intern() != torch.ScalarType.BFloat16
        && input.size(2) * input.size(3) < LARGE_MAP
        && !input.is_contiguous(torch.MemoryFormat.Contiguous)
        && input.is_contiguous(torch.MemoryFormat.ChannelsLast);
  }

  private static boolean isDifferentiated(Tensor input, Tensor scale) {
    return GradMode.is_enabled() && (input.requires_grad() || scale.requires_grad());
  }
}
