package org.potstill.kernels;

import org.bytedeco.javacpp.FloatPointer;

/**
 * Where the gradients of a normed and pooled map go.
 *
 * @param input as the input, which it may overwrite
 * @param scale (channels), summed over the images
 * @param shift (channels), summed over the images
 */
public record NormGradients(FloatPointer input, FloatPointer scale, FloatPointer shift) {}
