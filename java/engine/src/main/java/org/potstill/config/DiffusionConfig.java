package org.potstill.config;

/**
 * How the latents of a diffusion model become images, and the size of one drawn at random ({@code
 * distill.prior.diffusion}); null in other spaces.
 *
 * @param steps of DDIM
 * @param guidance scale of what the condition changes; 1 for none
 * @param encoderInput how real images are handed to the encoder
 * @param unetChannels of the largest maps of a random UNet, a multiple of 32
 * @param firstStageChannels of the largest maps of a random first stage, a multiple of 32
 * @param lastLayers what the blocks of a random UNet end with
 */
public record DiffusionConfig(
    int steps,
    double guidance,
    EncoderInput encoderInput,
    int unetChannels,
    int firstStageChannels,
    LastLayers lastLayers) {

  /** What every block of a random UNet, and the whole, ends with. */
  public enum LastLayers {
    /** Layers drawn as all others are. */
    DRAWN,
    /** Zero, as training starts: the UNet then estimates no noise, and the steps change nothing. */
    ZERO
  }

  /** How real images are handed to the encoder. */
  public enum EncoderInput {
    /** Normalised as the data set is: what was published. */
    NORMALISED,
    /** From -1 to 1: what the encoder was trained on. */
    SYMMETRIC
  }
}
