package org.potstill.kernels;

import org.bytedeco.javacpp.FloatPointer;

/** Resampling of images plane by plane in double precision. */
final class JavaResample {

  private JavaResample() {}

  /** A matrix of samples. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Plane(int height, int width, double[] values) {

    private static Plane read(FloatPointer from, long index, int height, int width) {
      float[] values = new float[Math.multiplyExact(height, width)];
      Buffers.read(from, index * values.length, values, values.length);
      double[] wide = new double[values.length];
      for (int i = 0; i < wide.length; i++) {
        wide[i] = values[i];
      }
      return new Plane(height, width, wide);
    }

    private void write(FloatPointer into, long index) {
      float[] narrow = new float[values.length];
      for (int i = 0; i < narrow.length; i++) {
        narrow[i] = (float) values[i];
      }
      Buffers.write(narrow, into, index * narrow.length, narrow.length);
    }
  }

  static void upFirDn(
      FloatPointer input,
      long planes,
      int height,
      int width,
      Resampling resampling,
      FirFilter filter,
      FloatPointer output) {
    Taps taps = Taps.of(filter);
    for (long p = 0; p < planes; p++) {
      upFirDn(Plane.read(input, p, height, width), resampling, filter, taps).write(output, p);
    }
  }

  static void filteredLeakyRelu(
      FloatPointer input,
      FloatPointer bias,
      long planes,
      long channels,
      int height,
      int width,
      FilteredActivation activation,
      FloatPointer output) {
    Taps up = Taps.of(activation.upFilter());
    Taps down = Taps.of(activation.downFilter());
    for (long p = 0; p < planes; p++) {
      Plane biased = biased(Plane.read(input, p, height, width), bias, p % channels);
      Plane large = upFirDn(biased, activation.larger(), activation.upFilter(), up);
      for (int i = 0; i < large.values.length; i++) {
        large.values[i] = activation.activate(large.values[i]);
      }
      upFirDn(large, activation.smaller(), activation.downFilter(), down).write(output, p);
    }
  }

  static void filteredLeakyReluGradient(
      FloatPointer input,
      FloatPointer bias,
      long planes,
      long channels,
      int height,
      int width,
      FilteredActivation activation,
      FloatPointer gradient,
      FloatPointer inputGradient) {
    Resampling larger = activation.larger();
    FirFilter upFilter = activation.upFilter();
    Taps up = Taps.of(upFilter);
    FirFilter downFilter = activation.downFilter();
    Taps down = Taps.of(downFilter);
    int outHeight = Math.toIntExact(activation.outHeight(height));
    int outWidth = Math.toIntExact(activation.outWidth(width));
    for (long p = 0; p < planes; p++) {
      Plane biased = biased(Plane.read(input, p, height, width), bias, p % channels);
      Plane large = upFirDn(biased, larger, upFilter, up);
      Resampling back = activation.smaller().transposed(large.height, large.width, downFilter);
      Plane upstream = Plane.read(gradient, p, outHeight, outWidth);
      Plane passed = upFirDn(upstream, back, downFilter, down);
      for (int i = 0; i < passed.values.length; i++) {
        double factor = activation.derivative(large.values[i]);
        passed.values[i] = factor == 0 ? 0 : passed.values[i] * factor;
      }
      upFirDn(passed, larger.transposed(height, width, upFilter), upFilter, up)
          .write(inputGradient, p);
    }
  }

  private static Plane biased(Plane plane, FloatPointer bias, long channel) {
    if (bias != null && !bias.isNull()) {
      float own = bias.get(channel);
      for (int i = 0; i < plane.values.length; i++) {
        plane.values[i] += own;
      }
    }
    return plane;
  }

  /** A filter's values; {@code separable} ones stand once for both directions. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Taps(float[] values, boolean separable) {

    private static Taps of(FirFilter filter) {
      if (filter.columns() == 0) {
        return new Taps(new float[] {1}, true);
      }
      float[] values = new float[Math.max(filter.rows(), 1) * filter.columns()];
      Buffers.read(filter.taps(), 0, values, values.length);
      return new Taps(values, filter.rows() == 0);
    }
  }

  private static Plane upFirDn(Plane from, Resampling of, FirFilter filter, Taps taps) {
    int height = Math.toIntExact(of.outHeight(from.height, filter));
    int width = Math.toIntExact(of.outWidth(from.width, filter));
    double[][] matrix = matrix(filter, taps, of);
    if (!taps.separable) {
      Direction rows = new Direction(of.upY(), of.downY(), of.top());
      Direction columns = new Direction(of.upX(), of.downX(), of.left());
      return filtered(from, matrix, rows, columns, height, width);
    }
    Direction still = new Direction(1, 1, 0);
    double[][] column = new double[matrix[0].length][1];
    for (int t = 0; t < column.length; t++) {
      column[t][0] = matrix[0][t] * of.gain();
    }
    Direction rows = new Direction(of.upY(), of.downY(), of.top());
    Plane between = filtered(from, column, rows, still, height, from.width);
    Direction columns = new Direction(of.upX(), of.downX(), of.left());
    return filtered(between, matrix, still, columns, height, width);
  }

  /** In the order of correlation; the gain is in it unless the filter is separable. */
  private static double[][] matrix(FirFilter filter, Taps taps, Resampling of) {
    int rows = taps.separable ? 1 : filter.height();
    int columns = filter.width();
    double gain = taps.separable ? 1 : of.gain();
    double[][] matrix = new double[rows][columns];
    for (int i = 0; i < rows * columns; i++) {
      int at = of.flip() ? i : rows * columns - 1 - i;
      matrix[i / columns][i % columns] = taps.values[at] * gain;
    }
    return matrix;
  }

  /** How outputs of one direction lie among the samples. */
  private record Direction(int up, int down, long before) {

    private Meetings meetings(int outputs, int taps, int samples) {
      Meetings all = new Meetings(outputs);
      for (int o = 0; o < outputs; o++) {
        long start = (long) o * down - before; // of the first tap, in samples and inserted zeros
        long tap = Math.floorMod(-start, up);
        long sample = (start + tap) / up;
        if (sample < 0) {
          tap -= sample * up;
          sample = 0;
        }
        long within = tap < taps ? (taps - tap + up - 1) / up : 0;
        all.tap[o] = (int) Math.min(tap, taps);
        all.sample[o] = (int) Math.min(sample, samples);
        all.count[o] = (int) Math.min(within, samples - all.sample[o]);
      }
      return all;
    }
  }

  /**
   * Of every output the first tap that meets a sample, that sample, and how many taps do; from one
   * to the next it is {@code up} taps, as those between meet inserted zeros.
   */
  private static final class Meetings {
    private final int[] tap;
    private final int[] sample;
    private final int[] count;

    private Meetings(int outputs) {
      tap = new int[outputs];
      sample = new int[outputs];
      count = new int[outputs];
    }
  }

  private static Plane filtered(
      Plane from, double[][] taps, Direction rows, Direction columns, int height, int width) {
    double[] result = new double[Math.multiplyExact(height, width)];
    Meetings ofRows = rows.meetings(height, taps.length, from.height);
    Meetings ofColumns = columns.meetings(width, taps[0].length, from.width);
    for (int oy = 0; oy < height; oy++) {
      for (int k = 0; k < ofRows.count[oy]; k++) {
        double[] tapsOfRow = taps[ofRows.tap[oy] + k * rows.up];
        int y = ofRows.sample[oy] + k;
        addRow(from, y, tapsOfRow, ofColumns, columns.up, result, oy * width);
      }
    }
    return new Plane(height, width, result);
  }

  private static void addRow(
      Plane from, int y, double[] taps, Meetings columns, int up, double[] result, int begin) {
    for (int ox = 0; ox < columns.count.length; ox++) {
      double sum = 0;
      int at = y * from.width + columns.sample[ox];
      int tap = columns.tap[ox];
      for (int k = 0; k < columns.count[ox]; k++) {
        sum += taps[tap + k * up] * from.values[at + k];
      }
      result[begin + ox] += sum;
    }
  }
}
