/**
 * Generators whose latents images can be distilled into: networks as functions of (parameters,
 * input), like those of {@link org.potstill.net}. They know nothing of distilling.
 *
 * <p>{@link org.potstill.prior.StyleGan} is the generator of GLaD: StyleGAN3 (Karras et al. 2021)
 * with the class embedding and the super-resolution heads of StyleGAN-XL (Sauer et al. 2022).
 */
package org.potstill.prior;
