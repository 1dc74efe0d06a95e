package org.potstill.kernels;

/**
 * Maps that are convolved with squares of 3 x 3, stride 1, a zero around every map. The channels
 * are last: element (image, row, column, channel) of a buffer lies at {@code ((image * height +
 * row) * width + column) * channels + channel}.
 *
 * @param images number of them
 * @param height rows of a map, before and after
 * @param width columns of a map, before and after
 * @param in channels before, a multiple of {@link #CHANNELS}
 * @param out channels after, a multiple of {@link #CHANNELS}
 */
public record ConvolutionMaps(long images, long height, long width, long in, long out) {

  /** What channels are a multiple of. */
  public static final int CHANNELS = 16;

  /** Elements of a square of weights. */
  static final int TAPS = 9;

  /** Elements of the input. */
  long inputs() {
    return images * height * width * in;
  }

  /** Elements of the output. */
  long outputs() {
    return images * height * width * out;
  }

  /** Elements of the weights. */
  long weights() {
    return TAPS * in * out;
  }
}
