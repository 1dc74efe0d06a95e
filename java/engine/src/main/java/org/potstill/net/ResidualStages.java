package org.potstill.net;

import org.bytedeco.pytorch.Tensor;

/**
 * The four stages of ResNet-18 (He et al. 2016): two blocks of two 3x3 convolutions each, with 64,
 * 128, 256 and 512 channels, each stage after the first halving the maps.
 *
 * @param norm the norm after every convolution
 * @param shortcut name of the projection in a block that changes the shape
 * @param bias whether convolutions have one: where the norm was folded into them
 */
record ResidualStages(Norm norm, String shortcut, boolean bias) {

  private static final int STAGES = 4;
  private static final int BLOCKS = 2;
  private static final int STEM_CHANNELS = 64;

  /** How a convolution is added to a layout: with the distribution that the network wants. */
  interface Convolutions {
    void add(String name, long in, long out, int kernel);
  }

  static int channels(int stage) {
    return STEM_CHANNELS << stage;
  }

  private static String block(int stage, int block) {
    return "layer" + (stage + 1) + "." + block;
  }

  private static boolean changesShape(int stage, int block) {
    return stage > 0 && block == 0;
  }

  void describe(StateLayout layout, Convolutions convolutions) {
    for (int stage = 0; stage < STAGES; stage++) {
      for (int block = 0; block < BLOCKS; block++) {
        String name = block(stage, block);
        int out = channels(stage);
        int in = changesShape(stage, block) ? channels(stage - 1) : out;
        convolutions.add(name + ".conv1", in, out, 3);
        layout.norm(norm, name + ".bn1", out, 0);
        convolutions.add(name + ".conv2", out, out, 3);
        layout.norm(norm, name + ".bn2", out, 0);
        if (changesShape(stage, block)) {
          convolutions.add(name + "." + shortcut + ".0", in, out, 1);
          layout.norm(norm, name + "." + shortcut + ".1", out, 0);
        }
      }
    }
  }

  /** (N, 64, H, W) to (N, 512, H / 8, W / 8), rounded up. */
  Tensor apply(Layers layers, Tensor input) {
    Tensor value = input;
    for (int stage = 0; stage < STAGES; stage++) {
      for (int block = 0; block < BLOCKS; block++) {
        value = block(layers, block(stage, block), changesShape(stage, block), value);
      }
    }
    return value;
  }

  private Tensor block(Layers layers, String name, boolean changesShape, Tensor from) {
    int stride = changesShape ? 2 : 1;
    Tensor input = layers.shared(from);
    Tensor value = layers.convolution(name + ".conv1", input, bias, stride, 1);
    value = layers.normRelu(norm, name + ".bn1", value);
    value = layers.convolution(name + ".conv2", value, bias, 1, 1);
    value = layers.norm(norm, name + ".bn2", value);
    return Layers.relu(Layers.sum(value, changesShape ? projection(layers, name, input) : input));
  }

  private Tensor projection(Layers layers, String name, Tensor input) {
    String prefix = name + "." + shortcut;
    return layers.norm(norm, prefix + ".1", layers.convolution(prefix + ".0", input, bias, 2, 0));
  }
}
