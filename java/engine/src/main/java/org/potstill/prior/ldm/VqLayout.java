package org.potstill.prior.ldm;

import org.potstill.net.StateLayout;

/** The entries of a first stage in the order of the published state. */
final class VqLayout {

  private final StateLayout layout;
  private final String prefix;
  private final VqSettings settings;

  private VqLayout(StateLayout layout, String prefix, VqSettings settings) {
    this.layout = layout;
    this.prefix = prefix;
    this.settings = settings;
  }

  /** Adds all entries, their names behind {@code prefix}. */
  static void add(StateLayout layout, String prefix, VqSettings settings) {
    new VqLayout(layout, prefix, settings).add();
  }

  private void add() {
    encoder(prefix + "encoder.");
    decoder(prefix + "decoder.");
    // Training starts from codes within 1 / count of zero, where all latents would be the same
    // picture: codes that are never trained have to span what latents may be.
    layout.gaussian(prefix + "quantize.embedding.weight", settings.codes(), settings.codeWidth());
    int latent = settings.latentChannels();
    layout.convolution(prefix + "quant_conv", latent, settings.codeWidth(), 1, true);
    layout.convolution(prefix + "post_quant_conv", settings.codeWidth(), latent, 1, true);
  }

  private void encoder(String name) {
    int levels = settings.multipliers().size();
    int in = settings.channels();
    layout.convolution(name + "conv_in", settings.imageChannels(), in, 3, true);
    for (int level = 0; level < levels; level++) {
      String at = name + "down." + level + ".";
      int out = settings.channelsAt(level);
      for (int block = 0; block < settings.resBlocks(); block++) {
        residual(at + "block." + block + ".", in, out);
        in = out;
      }
      if (level < levels - 1) {
        layout.convolution(at + "downsample.conv", in, in, 3, true);
      }
    }
    middle(name + "mid.", in);
    layout.scaleAndShift(name + "norm_out", in);
    layout.convolution(name + "conv_out", in, settings.latentChannels(), 3, true);
  }

  private void decoder(String name) {
    int levels = settings.multipliers().size();
    int deepest = settings.channelsAt(levels - 1);
    layout.convolution(name + "conv_in", settings.latentChannels(), deepest, 3, true);
    middle(name + "mid.", deepest);
    for (int level = 0; level < levels; level++) {
      up(name + "up." + level + ".", level);
    }
    layout.scaleAndShift(name + "norm_out", settings.channelsAt(0));
    layout.convolution(
        name + "conv_out", settings.channelsAt(0), settings.imageChannels(), 3, true);
  }

  /** One resolution of the decoder, which is run from the last to the first. */
  private void up(String at, int level) {
    int deepest = settings.multipliers().size() - 1;
    int in = settings.channelsAt(Math.min(deepest, level + 1));
    int out = settings.channelsAt(level);
    for (int block = 0; block <= settings.resBlocks(); block++) {
      residual(at + "block." + block + ".", block == 0 ? in : out, out);
    }
    if (level > 0) {
      layout.convolution(at + "upsample.conv", out, out, 3, true);
    }
  }

  private void middle(String name, int channels) {
    residual(name + "block_1.", channels, channels);
    layout.scaleAndShift(name + "attn_1.norm", channels);
    for (String part : new String[] {"q", "k", "v", "proj_out"}) {
      layout.convolution(name + "attn_1." + part, channels, channels, 1, true);
    }
    residual(name + "block_2.", channels, channels);
  }

  private void residual(String name, int in, int out) {
    layout.scaleAndShift(name + "norm1", in);
    layout.convolution(name + "conv1", in, out, 3, true);
    layout.scaleAndShift(name + "norm2", out);
    layout.convolution(name + "conv2", out, out, 3, true);
    if (in != out) {
      layout.convolution(name + "nin_shortcut", in, out, 1, true);
    }
  }
}
