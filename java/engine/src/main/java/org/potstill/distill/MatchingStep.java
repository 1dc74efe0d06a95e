package org.potstill.distill;

import org.bytedeco.pytorch.Tensor;

/**
 * What one step of a distiller found.
 *
 * @param loss as the paper defines it, averaged over classes where the paper sums
 * @param gradient dLoss/dImages, (M, C, H, W), in the units of the published update
 */
public record MatchingStep(double loss, Tensor gradient) {}
