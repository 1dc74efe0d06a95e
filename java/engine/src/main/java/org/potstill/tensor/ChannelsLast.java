package org.potstill.tensor;

import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.MemoryFormatOptional;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** Maps (N, C, H, W) whose channels lie side by side in memory. */
public final class ChannelsLast {

  /** Elements of a map from which LibTorch turns a matrix in blocks. */
  private static final long LARGE = 3600;

  private ChannelsLast() {}

  /**
   * The maps so, without history; themselves where they are so already. The strides of a single
   * channel say so too: by them LibTorch chooses the order of what a convolution gives.
   */
  public static Tensor of(Tensor maps) {
    if (isTurnedFaster(maps) && maps.is_contiguous()) {
      Tensor last = empty(maps, Tensors.shape(maps));
      turn(maps.detach().flatten(2, 3), last.permute(0, 2, 3, 1).flatten(1, 2));
      return last;
    }
    Tensor last = maps.detach().contiguous(torch.MemoryFormat.ChannelsLast);
    boolean ambiguous = last.size(1) == 1 && last.stride(1) != 1;
    return ambiguous ? empty(last, Tensors.shape(last)).copy_(last) : last;
  }

  /** The maps with the channels first, without history; themselves where they are so already. */
  public static Tensor first(Tensor maps) {
    if (isTurnedFaster(maps) && maps.is_contiguous(torch.MemoryFormat.ChannelsLast)) {
      Tensor first = Tensors.empty(maps, Tensors.shape(maps));
      turn(maps.detach().permute(0, 2, 3, 1).flatten(1, 2), first.flatten(2, 3));
      return first;
    }
    return maps.detach().contiguous();
  }

  /** Whether LibTorch turns large maps faster as matrices, one by one: up to ten times. */
  private static boolean isTurnedFaster(Tensor maps) {
    long positions = maps.size(2) * maps.size(3);
    return maps.is_cpu() && maps.size(1) > 1 && positions > 1 && maps.size(1) * positions >= LARGE;
  }

  /**
   * Copies matrices, transposed.
   *
   * @param from (N, A, B)
   * @param to (N, B, A)
   */
  private static void turn(Tensor from, Tensor to) {
    try (PointerScope scope = new PointerScope();
        NoGradGuard guard = new NoGradGuard()) {
      for (long n = 0; n < from.size(0); n++) {
        to.select(0, n).copy_(from.select(0, n).t());
      }
    }
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
