package org.potstill.net;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.potstill.tensor.Attention;

/**
 * A vision transformer (Dosovitskiy et al. 2021) with a class token, as the distillation papers use
 * it: width 512, 8 heads, dropout 0.1.
 *
 * <p>Up to 64 pixels: patches of 4, 6 layers, layer norm before attention, MLP and head. Above:
 * patches of 16, 10 layers, no norm anywhere. Features are the class token before the head, (N,
 * 512).
 */
final class VisionTransformer extends AbstractNetwork {

  static final String NAME = "vit";

  private static final int WIDTH = 512;
  private static final int HEADS = 8;
  private static final int MLP_WIDTH = 512;
  private static final double DROPOUT = 0.1;

  /** Measured, dropout masks included. */
  private static final long MAPS_PER_LAYER = 24;

  private final int patch;
  private final int depth;
  private final boolean normed;
  private final boolean twice;

  private VisionTransformer(
      int classes, int patch, int depth, boolean normed, boolean twice, StateLayout layout) {
    super(NAME, classes, layout);
    this.patch = patch;
    this.depth = depth;
    this.normed = normed;
    this.twice = twice;
  }

  @Override
  public Network twiceDifferentiable() {
    return new VisionTransformer(classes(), patch, depth, normed, true, layout());
  }

  static VisionTransformer of(NetworkSpec spec) {
    boolean normed = !spec.large();
    spec.requireNorm(normed ? Norm.LAYER : Norm.NONE);
    int patch = spec.large() ? 16 : 4;
    spec.requireMultiple(patch);
    long side = spec.imageSize() / patch;
    StateLayout layout = new StateLayout();
    layout.gaussian("pos_embedding", 1, side * side + 1, WIDTH);
    layout.gaussian("cls_token", 1, 1, WIDTH);
    layout.linear("to_patch_embedding.1", (long) spec.channels() * patch * patch, WIDTH, true);
    int depth = spec.large() ? 10 : 6;
    for (int layer = 0; layer < depth; layer++) {
      describeLayer(layout, "transformer.layers." + layer, normed);
    }
    if (normed) {
      layout.scaleAndShift("mlp_head.0", WIDTH);
    }
    layout.linear(normed ? "mlp_head.1" : "mlp_head.0", WIDTH, spec.classes(), true);
    return new VisionTransformer(spec.classes(), patch, depth, normed, false, layout);
  }

  private static void describeLayer(StateLayout layout, String name, boolean normed) {
    if (normed) {
      layout.scaleAndShift(name + ".0.norm", WIDTH);
    }
    layout.linear(name + ".0.fn.to_qkv", WIDTH, 3L * WIDTH, false);
    layout.linear(name + ".0.fn.to_out.0", WIDTH, WIDTH, true);
    if (normed) {
      layout.scaleAndShift(name + ".1.norm", WIDTH);
    }
    layout.linear(name + ".1.fn.net.0", WIDTH, MLP_WIDTH, true);
    layout.linear(name + ".1.fn.net.3", MLP_WIDTH, WIDTH, true);
  }

  @Override
  protected long largestMap(long pixels) {
    return MLP_WIDTH * pixels / ((long) patch * patch);
  }

  @Override
  protected long mapsInTraining() {
    return MAPS_PER_LAYER * depth;
  }

  @Override
  protected Tensor features(Layers layers, Tensor input) {
    long tokensOfImage = layers.parameter("pos_embedding").size(1) - 1;
    ShapeChecks.requireSize(NAME, input, patch * Math.round(Math.sqrt((double) tokensOfImage)));
    Tensor patches = layers.linear("to_patch_embedding.1", patches(input), true);
    Tensor classToken = layers.parameter("cls_token").expand(input.size(0), 1, WIDTH);
    Tensor tokens = torch.cat(new TensorVector(classToken, patches), 1);
    tokens = layers.dropout(tokens.add(layers.parameter("pos_embedding")), DROPOUT);
    for (int layer = 0; layer < depth; layer++) {
      String name = "transformer.layers." + layer;
      tokens = attention(layers, name + ".0", tokens).add(tokens);
      tokens = perceptron(layers, name + ".1", tokens).add(tokens);
    }
    return tokens.select(1, 0);
  }

  /** (N, C, H, W) as (N, patches, patch * patch * C), the channel running fastest. */
  private Tensor patches(Tensor input) {
    long count = input.size(0);
    long channels = input.size(1);
    long side = input.size(2) / patch;
    return input
        .reshape(count, channels, side, patch, side, patch)
        .permute(0, 2, 4, 3, 5, 1)
        .reshape(count, side * side, channels * patch * patch);
  }

  private Tensor attention(Layers layers, String name, Tensor tokens) {
    Tensor normedTokens = normed ? layers.layerNorm(name + ".norm", tokens) : tokens;
    long count = tokens.size(0);
    long length = tokens.size(1);
    Tensor all =
        layers
            .linear(name + ".fn.to_qkv", normedTokens, false)
            .reshape(count, length, 3, HEADS, WIDTH / HEADS)
            .permute(2, 0, 3, 1, 4);
    Tensor query = all.select(0, 0);
    Tensor key = all.select(0, 1);
    Tensor value = all.select(0, 2);
    Tensor mixed =
        twice ? Attention.twiceDifferentiable(query, key, value) : Attention.of(query, key, value);
    mixed = mixed.transpose(1, 2).reshape(count, length, WIDTH);
    return layers.dropout(layers.linear(name + ".fn.to_out.0", mixed, true), DROPOUT);
  }

  private Tensor perceptron(Layers layers, String name, Tensor tokens) {
    Tensor value = normed ? layers.layerNorm(name + ".norm", tokens) : tokens;
    value = layers.dropout(torch.gelu(layers.linear(name + ".fn.net.0", value, true)), DROPOUT);
    return layers.dropout(layers.linear(name + ".fn.net.3", value, true), DROPOUT);
  }

  @Override
  protected Tensor classify(Layers layers, Tensor input) {
    Tensor token = features(layers, input);
    return normed
        ? layers.linear("mlp_head.1", layers.layerNorm("mlp_head.0", token), true)
        : layers.linear("mlp_head.0", token, true);
  }
}
