package org.potstill.kernels;

/**
 * Maps that are convolved with squares, stride 1, zeros around every map so that it keeps its size.
 * The channels are last: element (image, row, column, channel) of a buffer lies at {@code ((image *
 * height + row) * width + column) * channels + channel}.
 *
 * @param images number of them
 * @param height rows of a map, before and after
 * @param width columns of a map, before and after
 * @param in channels before, a multiple of {@link #CHANNELS}; for the gradient of the input by
 *     squares of 3 x 3 also from 1 to {@link #FEW}
 * @param out channels after, a multiple of {@link #CHANNELS}
 * @param side of the squares, 3 or 5
 */
public record ConvolutionMaps(long images, long height, long width, long in, long out, long side) {

  /** What channels are a multiple of. */
  public static final int CHANNELS = 16;

  /** Channels of images, and a few more. */
  public static final int FEW = 4;

  /** Side of the squares of outputs that native kernels work on. */
  private static final long TILE_SIDE = 4;

  /** Products of a tile. */
  private static final long PLANES = 36;

  /** Of a map that native kernels go through tap by tap. */
  private static final long MOST_PIXELS = 8;

  /** Tiles that cover a map, the last of a row or column in part. */
  public static long tiles(long height, long width) {
    return tiles(height) * tiles(width);
  }

  private static long tiles(long side) {
    return (side + TILE_SIDE - 1) / TILE_SIDE;
  }

  /**
   * Whether native kernels go through maps tap by tap, with squares of 3 x 3, rather than by tiles:
   * with one product per pair of an output pixel and a pixel that it sees, where that are fewer.
   * {@code TapConvolution::takes} decides it there, and tests hold the two together.
   */
  public static boolean goByTaps(long height, long width) {
    long pairs = (3 * height - 2) * (3 * width - 2);
    return height * width <= MOST_PIXELS && pairs < PLANES * tiles(height, width);
  }

  /** Elements of the input. */
  long inputs() {
    return images * height * width * in;
  }

  /** Elements of the output. */
  long outputs() {
    return images * height * width * out;
  }

  /** Elements of a square of weights. */
  long taps() {
    return side * side;
  }

  /** Elements of the weights. */
  long weights() {
    return taps() * in * out;
  }
}
