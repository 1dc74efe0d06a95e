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

  private static final int TIMESTEPS = 1000;

  /** The published model of ImageNet: 1000 classes and none. */
  public static LatentSettings imageNet() {
    return new LatentSettings(UNetSettings.imageNet(), VqSettings.f4(), 1001, TIMESTEPS);
  }

  /** The published model of faces, which is also the one drawn at random. */
  public static LatentSettings ffhq() {
    return new LatentSettings(UNetSettings.ffhq(), VqSettings.f4(), 0, TIMESTEPS);
  }

  /** What the sides of images must be multiples of. */
  public int imageFactor() {
    return firstStage.factor() * unet.factor();
  }
}
