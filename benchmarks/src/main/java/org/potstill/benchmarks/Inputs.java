package org.potstill.benchmarks;

import java.util.SplittableRandom;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.potstill.tensor.Placement;
import org.potstill.tensor.Tensors;

/** Seeded inputs and the comparison of results. */
final class Inputs {

  /** Relative to the largest value of the reference, which LibTorch computes in float32. */
  static final double TOLERANCE = 2e-5;

  private static final long SEED = 20240607;

  /** For 128 channels. */
  private static final float FILTER_SCALE = 0.03f;

  private Inputs() {}

  /** Standard normal values at a place. */
  static Tensor normal(Placement place, int stream, long... shape) {
    return place.place(normal(stream, shape));
  }

  /** Standard normal values in host memory. */
  static Tensor normal(int stream, long... shape) {
    SplittableRandom random = new SplittableRandom(SEED + stream);
    long size = 1;
    for (long extent : shape) {
      size *= extent;
    }
    float[] values = new float[Math.toIntExact(size)];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return Tensors.of(values, shape);
  }

  /** Weights of a convolution, so small that what it makes is of the size of its input. */
  static Tensor filters(Placement place, int stream, long out, long in, long side) {
    Tensor filters = normal(place, stream, out, in, side, side);
    return filters.mul_(Tensors.of(new float[] {FILTER_SCALE}));
  }

  /** Maps with the channels last in memory. */
  static Tensor channelsLast(Tensor maps) {
    return maps.contiguous(torch.MemoryFormat.ChannelsLast);
  }

  /** Uniform whole numbers below {@code bound}. */
  static int[] below(int stream, int bound, int size) {
    SplittableRandom random = new SplittableRandom(SEED + stream);
    return random.ints(size, 0, bound).toArray();
  }

  /** Compares with {@link #TOLERANCE}. */
  static void requireClose(String what, float[] expected, float[] actual) {
    double largest = 0;
    double difference = 0;
    for (int i = 0; i < expected.length; i++) {
      largest = Math.max(largest, Math.abs(expected[i]));
      difference = Math.max(difference, Math.abs(expected[i] - (double) actual[i]));
    }
    if (expected.length != actual.length || !(difference <= TOLERANCE * largest)) {
      throw new IllegalStateException(
          what + " differs from LibTorch by " + difference + ", largest value " + largest);
    }
  }

  static void requireClose(String what, double expected, double actual) {
    requireClose(what, new float[] {(float) expected}, new float[] {(float) actual});
  }
}
