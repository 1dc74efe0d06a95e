package org.potstill.tensor;

import org.bytedeco.pytorch.DoubleOptional;
import org.bytedeco.pytorch.MemoryFormatOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;

/** Scaled dot-product attention. */
public final class Attention {

  private Attention() {}

  /**
   * softmax(q k' / sqrt(d)) v (Vaswani et al. 2017, equation 1) by LibTorch's fastest kernel for
   * the device, none of which can be differentiated twice.
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
   * The same by operations that can be differentiated any number of times; the attention of all
   * tokens to all others is kept for it.
   */
  public static Tensor twiceDifferentiable(Tensor query, Tensor key, Tensor value) {
    // Both sides by the root of the scale, as LibTorch's own composition does: products stay small.
    Scalar scale = new Scalar(Math.pow((double) query.size(3), -0.25));
    Tensor likeness = query.mul(scale).matmul(key.mul(scale).transpose(-2, -1));
    return likeness.softmax(-1).matmul(value);
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
