package org.potstill.config;

import java.nio.file.Path;

/**
 * The generator in whose latents images are distilled ({@code distill.prior}); null in pixel space.
 *
 * @param init what the generator was trained on
 * @param weights its file; null where {@code init} is random
 * @param layer the layer that the feature map goes into, from 0 (glad)
 * @param learningRateW of the codes (glad)
 * @param codes what the codes start from (glad)
 * @param normalisation what generated images are normalised with
 * @param chunk images that go through the generator at a time, at most
 * @param channelBase channels at frequency 1/2 of a random generator (glad)
 * @param channelMax most channels of a random generator (glad)
 * @param diffusion how latents of a diffusion model become images (ld3m); null in other spaces
 */
public record PriorConfig(
    Init init,
    Path weights,
    int layer,
    double learningRateW,
    Codes codes,
    Normalised normalisation,
    int chunk,
    int channelBase,
    int channelMax,
    DiffusionConfig diffusion) {

  /** The key of {@link #weights}. */
  public static final String WEIGHTS = "distill.prior.weights";

  /** The same without the place of the weights, for comparing. */
  public PriorConfig withoutWeights() {
    return new PriorConfig(
        init,
        null,
        layer,
        learningRateW,
        codes,
        normalisation,
        chunk,
        channelBase,
        channelMax,
        diffusion);
  }

  /** What a generator was trained on. */
  public enum Init {
    /** ImageNet, with a class condition. */
    IMAGENET,
    /** Faces. */
    FFHQ,
    /** Drawings. */
    POKEMON,
    /** Nothing: drawn from the seed of the run. */
    RANDOM
  }

  /** What generated images are normalised with. */
  public enum Normalised {
    /** As real images are. */
    DATA,
    /** With the means of the published code, which differ from those of its real images. */
    PUBLISHED
  }

  /** What codes start from. */
  public enum Codes {
    /** One random latent for every image. */
    DRAWN,
    /** The mean over many random latents. */
    MEAN
  }
}
