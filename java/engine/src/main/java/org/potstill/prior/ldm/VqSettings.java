package org.potstill.prior.ldm;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Sizes of a first stage.
 *
 * @param imageChannels of the images
 * @param channels of the largest maps
 * @param multipliers of {@code channels}, one per resolution; each after the first halves it
 * @param resBlocks residual blocks per resolution of the encoder; the decoder has one more
 * @param latentChannels of the maps that encoder and decoder exchange
 * @param codeWidth values of a code
 * @param codes in the codebook
 */
public record VqSettings(
    int imageChannels,
    int channels,
    List<Integer> multipliers,
    int resBlocks,
    int latentChannels,
    int codeWidth,
    int codes) {

  /** Keeps a copy of the list. */
  public VqSettings {
    multipliers = List.copyOf(multipliers);
  }

  /** The published first stage VQ-f4: latents of a quarter of the side, 8192 codes of 3 values. */
  public static VqSettings f4() {
    return new VqSettings(3, 128, List.of(1, 2, 4), 2, 3, 3, 8192);
  }

  /** Pixels along a side for one along the latents' side. */
  public int factor() {
    return 1 << (multipliers.size() - 1);
  }

  /** Channels at a resolution, 0 being the largest. */
  int channelsAt(int level) {
    return channels * multipliers.get(level);
  }

  /**
   * The sizes of the first stage whose parameters have these shapes.
   *
   * @param prefix what stands before its names
   * @return null where these are not the shapes of a first stage
   */
  static VqSettings of(Map<String, List<Long>> shapes, String prefix) {
    ShapeReader reader = new ShapeReader(shapes, prefix);
    String first = "encoder.conv_in.weight";
    String codebook = "quantize.embedding.weight";
    if (!reader.has(first) || !reader.has(codebook) || !reader.has("encoder.conv_out.weight")) {
      return null;
    }
    int channels = reader.size(first, 0);
    List<Integer> multipliers = new ArrayList<>();
    int blocks = reader.count("encoder.down.0.block.%d.conv1.weight");
    int levels = reader.count("encoder.down.%d.block.0.conv1.weight");
    if (levels == 0 || channels == 0 || reader.size(codebook, 0) == 0) {
      return null;
    }
    for (int level = 0; level < levels; level++) {
      multipliers.add(reader.size("encoder.down." + level + ".block.0.conv1.weight", 0) / channels);
    }
    return new VqSettings(
        reader.size(first, 1),
        channels,
        multipliers,
        blocks,
        reader.size("encoder.conv_out.weight", 0),
        reader.size(codebook, 1),
        reader.size(codebook, 0));
  }
}
