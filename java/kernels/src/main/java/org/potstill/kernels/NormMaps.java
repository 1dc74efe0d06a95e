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
 * @param relu whether the ReLU comes between, without which there are no tangents
 */
public record NormMaps(
    long images, long height, long width, long channels, int window, boolean relu) {

  /** With ReLU. */
  public NormMaps(long images, long height, long width, long channels, int window) {
    this(images, height, width, channels, window, true);
  }

  /** Elements before the pooling. */
  long elements() {
    return images * height * width * channels;
  }

  /** Elements after the pooling; rows and columns that fill no window are left out. */
  long pooled() {
    return images * (height / window) * (width / window) * channels;
  }

  /** Index within an image of the square that holds a position; -1 where none does. */
  int windowOf(int position) {
    long row = position / width / window;
    long column = position % width / window;
    boolean inside = row < height / window && column < width / window;
    return inside ? (int) (row * (width / window) + column) : -1;
  }
}
