/**
 * The prior of LD3M (Moser et al. 2024): a latent diffusion model (Rombach et al. 2022) as
 * functions of (weights, input), with the changed DDIM sampler and its gradient. It knows nothing
 * of distilling.
 *
 * <p>{@link org.potstill.prior.ldm.FirstStage} turns images into latents and back, {@link
 * org.potstill.prior.ldm.UNet} estimates the noise in latents, {@link
 * org.potstill.prior.ldm.LatentSampler} goes from a noisy latent to a clean one, {@link
 * org.potstill.prior.ldm.LatentDiffusion} holds the three together under the names of the published
 * checkpoints.
 */
package org.potstill.prior.ldm;
