package org.potstill.tensor;

import org.bytedeco.pytorch.DoubleOptional;
import org.bytedeco.pytorch.MemoryFormatOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;

/** Scaled dot-product attention by LibTorch's fastest kernel for the device. */
public final class Attention {

  private Attention() {}

  /**
   * softmax(q k' / sqrt(d)) v (Vaswani et al. 2017, equation 1).
   *
   * @param query (N, heads, tokens, d)
   * @param key (N, heads, others, d)
   * @param value (N, heads, others, d)
   * @return (N, heads, tokens, d)
   */
  public static Tensor of(Tensor query, Tensor key, Tensor value) {
    return torch.scaled_dot_product_attention(
        withPlainStrides(query),
        withPlainStrides(key),
        withPlainStrides(value),
        new TensorOptional(),
        0,
        false,
        new DoubleOptional(),
        false);
  }

  /**
   * With a single token any stride of that dimension is as good as another, also to {@code
   * contiguous}; the kernel for GPUs refuses one that is no multiple of four all the same.
   */
  static Tensor withPlainStrides(Tensor tensor) {
    return tensor.size(2) == 1
        ? tensor.clone(new MemoryFormatOptional(torch.MemoryFormat.Contiguous))
        : tensor;
  }
}
