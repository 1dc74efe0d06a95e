package org.potstill.prior;

import java.util.List;

/**
 * The published numbers that a StyleGAN-XL generator is built from.
 *
 * @param zDim width of the random latent
 * @param wDim width of the intermediate latent
 * @param classes of the class condition; 0 for none
 * @param embeddings rows and columns of the table of class embeddings; zeros for no table
 * @param channels of an image
 * @param resolution rows and columns of the stem's images
 * @param layers of the stem, without the last one to RGB
 * @param channelBase channels at frequency 1/2
 * @param channelMax channels at most
 * @param heads super-resolution stages after the stem, which loses its last layers to them
 */
public record StyleGanConfig(
    int zDim,
    int wDim,
    int classes,
    Embeddings embeddings,
    int channels,
    int resolution,
    int layers,
    int channelBase,
    int channelMax,
    List<Head> heads) {

  /**
   * The table of class embeddings.
   *
   * @param rows classes that it knows
   * @param width of an embedding
   */
  public record Embeddings(int rows, int width) {

    /** No table. */
    public static final Embeddings NONE = new Embeddings(0, 0);
  }

  /**
   * A super-resolution stage.
   *
   * @param layers without the last one to RGB
   * @param factor by which the image grows
   */
  public record Head(int layers, int factor) {}

  /** Copies the list. */
  public StyleGanConfig {
    heads = List.copyOf(heads);
  }

  /**
   * The unconditional generator that GLaD draws at random: z 64, w 512, 17 layers.
   *
   * @param channels of an image
   * @param resolution a power of two from 16
   * @param channelBase 32768 as published; less for a smaller generator
   * @param channelMax 512 as published; less also narrows w
   */
  public static StyleGanConfig random(
      int channels, int resolution, int channelBase, int channelMax) {
    int wDim = Math.min(512, channelMax);
    return new StyleGanConfig(
        64, wDim, 0, Embeddings.NONE, channels, resolution, 17, channelBase, channelMax, List.of());
  }

  /** Number of layers of the synthesis, the one to RGB included. */
  public int synthesisLayers() {
    return SynthesisPlan.of(this).size();
  }

  /** Rows and columns of the images. */
  public int imageSize() {
    return heads.stream().mapToInt(Head::factor).reduce(resolution, (a, b) -> a * b);
  }
}
