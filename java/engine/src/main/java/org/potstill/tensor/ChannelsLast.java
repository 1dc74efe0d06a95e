package org.potstill.tensor;

import org.bytedeco.pytorch.MemoryFormatOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** Maps (N, C, H, W) whose channels lie side by side in memory. */
final class ChannelsLast {

  private ChannelsLast() {}

  /** The maps so, without history; themselves where they are so already. */
  static Tensor of(Tensor maps) {
    return maps.detach().contiguous(torch.MemoryFormat.ChannelsLast);
  }

  /** Maps whose values are not set, of the type and on the device of {@code like}. */
  static Tensor empty(Tensor like, long... shape) {
    return torch.empty(
        shape, like.options(), new MemoryFormatOptional(torch.MemoryFormat.ChannelsLast));
  }
}
