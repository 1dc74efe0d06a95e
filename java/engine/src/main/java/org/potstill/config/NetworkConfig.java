package org.potstill.config;

/**
 * The network that distils ({@code distill.network}). Others than a ConvNet take of the rest what
 * they have.
 *
 * @param name {@code convnet}, or another that is known
 * @param depth number of blocks of convolution, norm, ReLU and pooling
 * @param width channels of every block
 * @param norm {@code instance}, {@code batch}, {@code layer}, {@code group} or {@code none}
 * @param pooling {@code avg}, {@code max} or {@code none}
 */
public record NetworkConfig(String name, int depth, int width, String norm, String pooling) {}
