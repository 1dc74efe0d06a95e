package org.potstill.kernels;

import org.bytedeco.javacpp.FloatPointer;

/** Walks over two native buffers at once, in chunks. */
final class ForEach {

  /** Takes an element of each buffer. */
  @FunctionalInterface
  interface PairConsumer {
    void accept(float a, float b);
  }

  /** Makes one element of two. */
  @FunctionalInterface
  interface PairFunction {
    float apply(float a, float b);
  }

  private ForEach() {}

  static void pair(
      long length, FloatPointer a, FloatPointer b, long offset, PairConsumer consumer) {
    float[] x = new float[(int) Math.min(length, Buffers.CHUNK)];
    float[] y = new float[x.length];
    for (long first = 0; first < length; first += x.length) {
      int count = (int) Math.min(x.length, length - first);
      Buffers.read(a, offset + first, x, count);
      Buffers.read(b, offset + first, y, count);
      for (int i = 0; i < count; i++) {
        consumer.accept(x[i], y[i]);
      }
    }
  }

  static void mapPair(
      long length,
      FloatPointer a,
      FloatPointer b,
      long offset,
      FloatPointer into,
      PairFunction function) {
    float[] x = new float[(int) Math.min(length, Buffers.CHUNK)];
    float[] y = new float[x.length];
    for (long first = 0; first < length; first += x.length) {
      int count = (int) Math.min(x.length, length - first);
      Buffers.read(a, offset + first, x, count);
      Buffers.read(b, offset + first, y, count);
      for (int i = 0; i < count; i++) {
        x[i] = function.apply(x[i], y[i]);
      }
      Buffers.write(x, into, offset + first, count);
    }
  }
}
