package org.potstill.prior.ldm;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Sizes of a UNet.
 *
 * @param latentChannels of its input and output
 * @param channels of the largest maps, a multiple of 32
 * @param levels one per resolution, largest first; each after the first halves the side
 * @param resBlocks residual blocks per resolution on the way down; one more on the way up
 * @param contextWidth values of a condition; 0 for a UNet without
 * @param heads of attention; weights do not tell
 */
public record UNetSettings(
    int latentChannels,
    int channels,
    List<Level> levels,
    int resBlocks,
    int contextWidth,
    Heads heads) {

  /**
   * One resolution.
   *
   * @param multiplier of the channels
   * @param attends whether attention follows its residual blocks
   */
  public record Level(int multiplier, boolean attends) {}

  /**
   * How attention splits its channels.
   *
   * @param count of heads; 0 where their width is given
   * @param width channels of a head; 0 where their count is given
   */
  public record Heads(int count, int width) {

    /** All channels in one head, as published for ImageNet. */
    public static final Heads ONE = new Heads(1, 0);

    /** Heads of 32 channels, as published for FFHQ. */
    public static final Heads OF_32 = new Heads(0, 32);

    int of(int channels) {
      return count > 0 ? count : channels / width;
    }
  }

  /** Keeps a copy of the list. */
  public UNetSettings {
    levels = List.copyOf(levels);
  }

  /** The published UNet without condition, for FFHQ. */
  public static UNetSettings ffhq() {
    List<Level> levels =
        List.of(new Level(1, false), new Level(2, true), new Level(3, true), new Level(4, true));
    return new UNetSettings(3, 224, levels, 2, 0, Heads.OF_32);
  }

  /** Whether it takes a condition. */
  public boolean conditional() {
    return contextWidth > 0;
  }

  /** What the sides of latents must be multiples of. */
  public int factor() {
    return 1 << (levels.size() - 1);
  }

  int channelsAt(int level) {
    return channels * levels.get(level).multiplier();
  }

  /**
   * The sizes of the UNet whose parameters have these shapes; its heads are those of the published
   * ones.
   *
   * @param prefix what stands before its names
   * @return null where these are not the shapes of a UNet
   */
  static UNetSettings of(Map<String, List<Long>> shapes, String prefix) {
    ShapeReader reader = new ShapeReader(shapes, prefix);
    String first = "input_blocks.0.0.weight";
    if (!reader.has(first) || !reader.has("input_blocks.1.0.in_layers.2.weight")) {
      return null;
    }
    int channels = reader.size(first, 0);
    if (channels == 0) {
      return null;
    }
    List<Level> levels = new ArrayList<>();
    int resBlocks = 0;
    int block = 1;
    while (reader.has(residual(block))) {
      int multiplier = reader.size(residual(block), 0) / channels;
      levels.add(new Level(multiplier, reader.has("input_blocks." + block + ".1.norm.weight")));
      int begin = block;
      while (reader.has(residual(block))) {
        block++;
      }
      resBlocks = block - begin;
      if (reader.has("input_blocks." + block + ".0.op.weight")) {
        block++;
      }
    }
    int context = reader.size("middle_block.1.transformer_blocks.0.attn2.to_k.weight", 1);
    return new UNetSettings(
        reader.size(first, 1),
        channels,
        levels,
        resBlocks,
        context,
        context > 0 ? Heads.ONE : Heads.OF_32);
  }

  private static String residual(int block) {
    return "input_blocks." + block + ".0.in_layers.2.weight";
  }
}
