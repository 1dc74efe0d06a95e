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

  private record Direction(int up, int down, long before) {

    /** The sample that tap {@code t} meets at output {@code o}, or -1 for an inserted zero. */
    private int sample(int o, int t, int count) {
      long at = (long) o * down + t - before;
      return at < 0 || at % up != 0 || at / up >= count ? -1 : (int) (at / up);
    }
  }

  private static Plane filtered(
      Plane from, double[][] taps, Direction rows, Direction columns, int height, int width) {
    double[] result = new double[Math.multiplyExact(height, width)];
    for (int oy = 0; oy < height; oy++) {
      for (int ty = 0; ty < taps.length; ty++) {
        int y = rows.sample(oy, ty, from.height);
        if (y >= 0) {
          addRow(from, y, taps[ty], columns, result, oy * width, width);
        }
      }
    }
    return new Plane(height, width, result);
  }

  private static void addRow(
      Plane from, int y, double[] taps, Direction columns, double[] result, int begin, int width) {
    for (int ox = 0; ox < width; ox++) {
      double sum = 0;
      for (int tx = 0; tx < taps.length; tx++) {
        int x = columns.sample(ox, tx, from.width);
        if (x >= 0) {
          sum += taps[tx] * from.values[y * from.width + x];
        }
      }
      result[begin + ox] += sum;
    }
  }
}
