package org.potstill.prior.ldm;

/**
 * Sizes of a latent diffusion model.
 *
 * @param unet of the UNet
 * @param firstStage of the first stage
 * @param classes rows of the table of class embeddings, the last for "no class"; 0 without
 *     condition
 * @param timesteps of the diffusion
 */
public record LatentSettings(UNetSettings unet, VqSettings firstStage, int classes, int timesteps) {

  /** Of the diffusion of every published model. */
  static final int TIMESTEPS = 1000;

  private static final int RESIDUAL_MAPS = 8;
  private static final int ATTENTION_MAPS = 6;

  /**
   * The published model of faces with other sizes, to be drawn at random.
   *
   * @param imageChannels of the images
   * @param unetChannels of the largest maps of the UNet, 224 as published; a multiple of 32
   * @param firstStageChannels likewise of the first stage, 128 as published
   */
  public static LatentSettings random(int imageChannels, int unetChannels, int firstStageChannels) {
    UNetSettings unet = UNetSettings.ffhq();
    VqSettings firstStage = VqSettings.f4();
    return new LatentSettings(
        new UNetSettings(
            unet.latentChannels(), unetChannels, unet.levels(), unet.resBlocks(), 0, unet.heads()),
        new VqSettings(
            imageChannels,
            firstStageChannels,
            firstStage.multipliers(),
            firstStage.resBlocks(),
            firstStage.latentChannels(),
            firstStage.codeWidth(),
            firstStage.codes()),
        0,
        TIMESTEPS);
  }

  /**
   * Bytes of native memory that the gradient of one image needs at most: those of one step of the
   * UNet, twice where it is guided, or those of the decoder, whichever is more. About eight maps
   * are kept per residual block, and six per block of attention.
   *
   * @param side rows and columns of the image
   */
  public long pullBackBytes(int side) {
    long pixels = (long) side * side;
    long decoder = 0;
    for (int level = 0; level < firstStage.multipliers().size(); level++) {
      long map = firstStage.channelsAt(level) * (pixels >> (2 * level));
      decoder += map * RESIDUAL_MAPS * (firstStage.resBlocks() + 2);
    }
    long latents = pixels / ((long) firstStage.factor() * firstStage.factor());
    long step = 0;
    for (int level = 0; level < unet.levels().size(); level++) {
      long map = unet.channelsAt(level) * (latents >> (2 * level));
      int maps = RESIDUAL_MAPS + (unet.levels().get(level).attends() ? ATTENTION_MAPS : 0);
      step += map * maps * (2L * unet.resBlocks() + 2);
    }
    return Float.BYTES * Math.max(decoder, classes > 0 ? 2 * step : step);
  }

  /** What the sides of images must be multiples of. */
  public int imageFactor() {
    return firstStage.factor() * unet.factor();
  }
}
