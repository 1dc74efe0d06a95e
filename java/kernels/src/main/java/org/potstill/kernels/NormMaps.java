package org.potstill.kernels;

/**
 * Maps that are normed and pooled, the channels last: element (image, row, column, channel) of a
 * buffer lies at {@code ((image * height + row) * width + column) * channels + channel}.
 *
 * @param images number of them
 * @param height rows of a map
 * @param width columns of a map
 * @param channels of a map
 * @param window side of the squares that are averaged: 2, or 1 for no pooling
 */
public record NormMaps(long images, long height, long width, long channels, int window) {

  /** Elements before the pooling. */
  long elements() {
    return images * height * width * channels;
  }

  /** Elements after the pooling; rows and columns that fill no window are left out. */
  long pooled() {
    return images * (height / window) * (width / window) * channels;
  }
}
