package org.potstill.kernels;

import org.bytedeco.javacpp.FloatPointer;

/**
 * The taps of a finite impulse response filter.
 *
 * @param taps (columns) where {@code rows} is 0, (rows, columns) else; may be null where both are 0
 * @param rows of a matrix of taps; 0 for a separable filter or none
 * @param columns of the matrix, or how many taps a separable filter has in either direction; 0 for
 *     no filter
 */
public record FirFilter(FloatPointer taps, int rows, int columns) {

  /** A single tap of 1. */
  public static final FirFilter NONE = new FirFilter(null, 0, 0);

  /** Taps in a direction that a kernel takes at most. */
  static final int MOST_TAPS = 4096;

  /**
   * A filter that is applied to rows and columns in turn.
   *
   * @param taps (count)
   */
  public static FirFilter separable(FloatPointer taps, int count) {
    return new FirFilter(taps, 0, count);
  }

  /**
   * A filter that is applied to both directions at once.
   *
   * @param taps (rows, columns)
   */
  public static FirFilter matrix(FloatPointer taps, int rows, int columns) {
    return new FirFilter(taps, rows, columns);
  }

  /** Taps from top to bottom, at least 1. */
  public int height() {
    return columns == 0 ? 1 : rows == 0 ? columns : rows;
  }

  /** Taps from left to right, at least 1. */
  public int width() {
    return Math.max(columns, 1);
  }
}
