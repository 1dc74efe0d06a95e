package org.potstill.prior.ldm;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.potstill.tensor.Attention;
import org.potstill.tensor.Tensors;

/**
 * A transformer block over the positions of a map: attention among them, attention to the
 * condition, and a gated perceptron (Rombach et al. 2022, equation 6 in the appendix; Shazeer 2020
 * for the gate).
 */
final class SpatialTransformer {

  private static final double EPSILON = 1e-6;

  private SpatialTransformer() {}

  /**
   * The map with what the block adds.
   *
   * @param input (N, C, h, w)
   * @param context (N, tokens, width)
   */
  static Tensor apply(Operators of, String name, Tensor input, Tensor context, int heads) {
    Tensor map = of.pointwise(name + "proj_in", of.groupNorm(name + "norm", input, EPSILON));
    Tensor tokens = map.flatten(2, 3).transpose(1, 2);
    String block = name + "transformer_blocks.0.";
    Tensor normed = of.layerNorm(block + "norm1", tokens);
    tokens = attention(of, block + "attn1.", normed, normed, heads).add(tokens);
    normed = of.layerNorm(block + "norm2", tokens);
    tokens = attention(of, block + "attn2.", normed, context, heads).add(tokens);
    tokens = perceptron(of, block + "ff.net.", of.layerNorm(block + "norm3", tokens)).add(tokens);
    map = tokens.transpose(1, 2).reshape(Tensors.shape(input));
    return of.pointwise(name + "proj_out", map).add(input);
  }

  private static Tensor attention(
      Operators of, String name, Tensor tokens, Tensor context, int heads) {
    Tensor mixed =
        Attention.of(
            split(of.linearWithoutBias(name + "to_q", tokens), heads),
            split(of.linearWithoutBias(name + "to_k", context), heads),
            split(of.linearWithoutBias(name + "to_v", context), heads));
    return of.linear(name + "to_out.0", mixed.transpose(1, 2).flatten(2, 3));
  }

  /** (N, tokens, C) as (N, heads, tokens, C / heads). */
  private static Tensor split(Tensor tokens, int heads) {
    long width = tokens.size(2) / heads;
    return tokens.view(tokens.size(0), tokens.size(1), heads, width).transpose(1, 2);
  }

  private static Tensor perceptron(Operators of, String name, Tensor tokens) {
    TensorVector halves = of.linear(name + "0.proj", tokens).chunk(2, -1);
    return of.linear(name + "2", torch.mul(halves.get(0), torch.gelu(halves.get(1))));
  }
}
