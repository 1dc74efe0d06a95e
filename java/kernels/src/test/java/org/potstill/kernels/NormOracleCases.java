package org.potstill.kernels;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import org.bytedeco.javacpp.FloatPointer;
import org.junit.jupiter.api.Test;

/**
 * {@code normReluPool}, its gradient and their tangents of every native provider, against {@link
 * JavaKernels}.
 */
abstract class NormOracleCases {

  /** Of the largest value: both compute the norm of standard normal values in single precision. */
  private static final double TOLERANCE = 2e-5;

  private static final long[] CHANNELS = {1, 3, 4, 5, 8, 15, 16, 17, 63, 64, 65, 128, 200};

  private final RandomBuffers random = new RandomBuffers();

  abstract Kernels kernels();

  abstract Kernels withThreads(int threads);

  @Test
  void everySizeEqualsTheOracle() {
    for (long channels : CHANNELS) {
      for (int window : new int[] {1, 2}) {
        check(new NormMaps(2, 7, 6, channels, window));
        check(new NormMaps(3, 8, 8, channels, window));
        check(new NormMaps(2, 7, 6, channels, window, false));
      }
    }
    check(new NormMaps(2, 32, 32, 128, 2));
    check(new NormMaps(1, 65, 130, 70, 2));
  }

  private void check(NormMaps maps) {
    float[][] data = data(maps);
    float[][] expected = outputs(new JavaKernels(), maps, data);
    float[][] found = outputs(kernels(), maps, data);
    for (int i = 0; i < expected.length; i++) {
      double largest = 0;
      double difference = 0;
      for (int j = 0; j < expected[i].length; j++) {
        largest = Math.max(largest, Math.abs(expected[i][j]));
        difference = Math.max(difference, Math.abs(expected[i][j] - (double) found[i][j]));
      }
      double limit = TOLERANCE * Math.max(1, largest);
      assertTrue(difference <= limit, maps + ", result " + i + " differs by " + difference);
    }
  }

  @Test
  void theThreadCountChangesNothing() {
    NormMaps maps = new NormMaps(5, 16, 16, 130, 2);
    float[][] data = data(maps);
    float[][] one = outputs(withThreads(1), maps, data);
    float[][] three = outputs(withThreads(3), maps, data);
    for (int i = 0; i < one.length; i++) {
      assertArrayEquals(one[i], three[i]);
    }
  }

  /** Input, scale, shift and gradient of the output, then the tangents of the same. */
  private float[][] data(NormMaps maps) {
    long[] sizes = {
      maps.elements(), maps.channels(), maps.channels(), maps.pooled(),
      maps.elements(), maps.channels(), maps.channels(), maps.pooled()
    };
    return Arrays.stream(sizes)
        .mapToObj(size -> floats(random.normal(size, 1), size))
        .toArray(float[][]::new);
  }

  private static float[][] outputs(Kernels kernels, NormMaps maps, float[][] data) {
    FloatPointer input = new FloatPointer(data[0]);
    long perImage = maps.images() * maps.channels();
    NormState norm =
        new NormState(
            new FloatPointer(data[1]),
            new FloatPointer(data[2]),
            1e-5f,
            new FloatPointer(perImage),
            new FloatPointer(perImage));
    FloatPointer output = new FloatPointer(maps.pooled());
    kernels.normReluPool(maps, input, norm, output);
    FloatPointer received = new FloatPointer(data[3]);
    NormTangent tangent =
        new NormTangent(
            new FloatPointer(data[4]),
            new FloatPointer(data[5]),
            new FloatPointer(data[6]),
            zeros(perImage),
            zeros(perImage));
    FloatPointer outputTangent = zeros(maps.pooled());
    NormGradients tangents =
        new NormGradients(zeros(maps.elements()), zeros(maps.channels()), zeros(maps.channels()));
    if (maps.relu()) {
      kernels.normReluPoolTangent(maps, input, norm, tangent, outputTangent);
      kernels.normReluPoolGradientTangent(
          maps, input, norm, tangent, received, new FloatPointer(data[7]), tangents);
    }
    // The gradient overwrites the input.
    NormGradients gradients =
        new NormGradients(
            input, new FloatPointer(maps.channels()), new FloatPointer(maps.channels()));
    kernels.normReluPoolGradient(maps, input, norm, received, gradients);
    return new float[][] {
      floats(output, maps.pooled()),
      floats(norm.mean(), perImage),
      floats(norm.rstd(), perImage),
      floats(input, maps.elements()),
      floats(gradients.scale(), maps.channels()),
      floats(gradients.shift(), maps.channels()),
      floats(outputTangent, maps.pooled()),
      floats(tangent.mean(), perImage),
      floats(tangent.product(), perImage),
      floats(tangents.input(), maps.elements()),
      floats(tangents.scale(), maps.channels()),
      floats(tangents.shift(), maps.channels())
    };
  }

  private static FloatPointer zeros(long size) {
    return new FloatPointer(new float[(int) size]);
  }

  private static float[] floats(FloatPointer buffer, long size) {
    float[] values = new float[(int) size];
    buffer.get(values);
    return values;
  }
}
