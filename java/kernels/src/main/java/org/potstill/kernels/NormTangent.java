package org.potstill.kernels;

import org.bytedeco.javacpp.FloatPointer;

/**
 * A direction in which the operands of a norm move, and what its tangent keeps for the tangent of
 * its gradient.
 *
 * @param input as the input
 * @param scale (channels)
 * @param shift (channels)
 * @param mean (images, channels), of {@code input} over the positions; filled going forward and
 *     read going back
 * @param product (images, channels), mean of {@code input} times the normed value, likewise
 */
public record NormTangent(
    FloatPointer input,
    FloatPointer scale,
    FloatPointer shift,
    FloatPointer mean,
    FloatPointer product) {}
