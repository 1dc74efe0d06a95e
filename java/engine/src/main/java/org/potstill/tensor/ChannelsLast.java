package org.potstill.tensor;

import org.bytedeco.pytorch.MemoryFormatOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** Maps (N, C, H, W) whose channels lie side by side in memory. */
public final class ChannelsLast {

  private ChannelsLast() {}

  /**
   * The maps so, without history; themselves where they are so already. The strides of a single
   * channel say so too: by them LibTorch chooses the order of what a convolution gives.
   */
  public static Tensor of(Tensor maps) {
    Tensor last = maps.detach().contiguous(torch.MemoryFormat.ChannelsLast);
    boolean ambiguous = last.size(1) == 1 && last.stride(1) != 1;
    return ambiguous ? empty(last, Tensors.shape(last)).copy_(last) : last;
  }

  /** Maps of zeros, of the type and on the device of {@code like}. */
  public static Tensor zeros(Tensor like, long... shape) {
    return empty(like, shape).zero_();
  }

  /** Maps whose values are not set, of the type and on the device of {@code like}. */
  static Tensor empty(Tensor like, long... shape) {
    return torch.empty(
        shape, like.options(), new MemoryFormatOptional(torch.MemoryFormat.ChannelsLast));
  }
}
