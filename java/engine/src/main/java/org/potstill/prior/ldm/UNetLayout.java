package org.potstill.prior.ldm;

import org.potstill.net.StateLayout;

/** The entries of a UNet in the order of the published state. */
final class UNetLayout {

  private final StateLayout layout;
  private final String prefix;
  private final UNetSettings settings;

  private final boolean zeroLastLayers;

  private UNetLayout(
      StateLayout layout, String prefix, UNetSettings settings, boolean zeroLastLayers) {
    this.layout = layout;
    this.prefix = prefix;
    this.settings = settings;
    this.zeroLastLayers = zeroLastLayers;
  }

  /**
   * Adds all entries, their names behind {@code prefix}.
   *
   * @param zeroLastLayers whether the last layer of every residual and attention block and of the
   *     whole starts from zero
   */
  static void add(
      StateLayout layout, String prefix, UNetSettings settings, boolean zeroLastLayers) {
    new UNetLayout(layout, prefix, settings, zeroLastLayers).add();
  }

  private void add() {
    int channels = settings.channels();
    int deepest = settings.channelsAt(settings.levels().size() - 1);
    UNetPlan plan = UNetPlan.of(settings);
    layout.linear(prefix + "time_embed.0", channels, timeWidth(), true);
    layout.linear(prefix + "time_embed.2", timeWidth(), timeWidth(), true);
    layout.convolution(prefix + "input_blocks.0.0", settings.latentChannels(), channels, 3, true);
    plan.down().forEach(this::block);
    residual(prefix + "middle_block.0.", deepest, deepest);
    attention(prefix + "middle_block.1.", deepest);
    residual(prefix + "middle_block.2.", deepest, deepest);
    plan.up().forEach(this::block);
    layout.scaleAndShift(prefix + "out.0", channels);
    last(prefix + "out.2", settings.latentChannels(), channels, 3, 3);
  }

  private int timeWidth() {
    return 4 * settings.channels();
  }

  private void block(UNetPlan.Block block) {
    String name = prefix + block.name() + ".";
    if (block.halves()) {
      layout.convolution(name + "0.op", block.in(), block.out(), 3, true);
      return;
    }
    residual(name + "0.", block.in(), block.out());
    if (block.attends()) {
      attention(name + "1.", block.out());
    }
    if (block.doubles()) {
      String part = block.attends() ? "2" : "1";
      layout.convolution(name + part + ".conv", block.out(), block.out(), 3, true);
    }
  }

  private void residual(String name, int in, int out) {
    layout.scaleAndShift(name + "in_layers.0", in);
    layout.convolution(name + "in_layers.2", in, out, 3, true);
    layout.linear(name + "emb_layers.1", timeWidth(), out, true);
    layout.scaleAndShift(name + "out_layers.0", out);
    last(name + "out_layers.3", out, out, 3, 3);
    if (in != out) {
      layout.convolution(name + "skip_connection", in, out, 1, true);
    }
  }

  private void attention(String name, int channels) {
    layout.scaleAndShift(name + "norm", channels);
    if (settings.conditional()) {
      layout.convolution(name + "proj_in", channels, channels, 1, true);
      transformer(name + "transformer_blocks.0.", channels);
      last(name + "proj_out", channels, channels, 1, 1);
    } else {
      layout.weightAndBias(name + "qkv", channels, true, 3L * channels, channels, 1);
      last(name + "proj_out", channels, channels, 1);
    }
  }

  private void transformer(String name, int channels) {
    crossAttention(name + "attn1.", channels, channels);
    layout.linear(name + "ff.net.0.proj", channels, 8L * channels, true);
    layout.linear(name + "ff.net.2", 4L * channels, channels, true);
    crossAttention(name + "attn2.", channels, settings.contextWidth());
    for (int norm = 1; norm <= 3; norm++) {
      layout.scaleAndShift(name + "norm" + norm, channels);
    }
  }

  private void crossAttention(String name, int channels, int contextWidth) {
    layout.linear(name + "to_q", channels, channels, false);
    layout.linear(name + "to_k", contextWidth, channels, false);
    layout.linear(name + "to_v", contextWidth, channels, false);
    layout.linear(name + "to_out.0", channels, channels, true);
  }

  private void last(String name, long... shape) {
    if (zeroLastLayers) {
      layout.zeros(name, shape);
    } else {
      long fanIn = 1;
      for (int i = 1; i < shape.length; i++) {
        fanIn *= shape[i];
      }
      layout.weightAndBias(name, fanIn, true, shape);
    }
  }
}
