/**
 * Differentiable Siamese Augmentation (Zhao and Bilen 2021): one random operation per call, the
 * same for real and synthetic images, with gradients through it.
 *
 * <p>The random numbers ({@link org.potstill.augment.AugmentDraw}) are separate from what is done
 * with them, so that two batches can share a draw.
 */
package org.potstill.augment;
