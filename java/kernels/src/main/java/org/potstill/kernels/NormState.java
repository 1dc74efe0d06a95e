package org.potstill.kernels;

import org.bytedeco.javacpp.FloatPointer;

/**
 * What an instance norm knows besides its input.
 *
 * @param scale (channels)
 * @param shift (channels)
 * @param epsilon added to the variance
 * @param mean (images, channels), filled going forward and read going back
 * @param rstd (images, channels), {@code 1 / sqrt(var + epsilon)}, likewise
 */
public record NormState(
    FloatPointer scale, FloatPointer shift, float epsilon, FloatPointer mean, FloatPointer rstd) {}
