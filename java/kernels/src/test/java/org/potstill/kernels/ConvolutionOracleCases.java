package org.potstill.kernels;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.bytedeco.javacpp.FloatPointer;
import org.junit.jupiter.api.Test;

/** {@code convolution} and its gradients of every native provider, against {@link JavaKernels}. */
abstract class ConvolutionOracleCases {

  /** In the mean square: a direct sum in single precision comes to 4e-7 to 1e-6. */
  private static final double ROUNDING = 1e-6;

  private final RandomBuffers random = new RandomBuffers();

  abstract Kernels kernels();

  abstract Kernels withThreads(int threads);

  @Test
  void everySizeEqualsTheOracle() {
    for (long side = 1; side <= 9; side++) {
      check(new ConvolutionMaps(2, side, 10 - side, 16, 32, 3));
    }
    check(new ConvolutionMaps(3, 5, 6, 48, 80, 3));
    check(new ConvolutionMaps(2, 16, 16, 128, 64, 3));
    check(new ConvolutionMaps(7, 14, 14, 32, 32, 3));
    check(new ConvolutionMaps(5, 1, 1, 80, 32, 3));
    check(new ConvolutionMaps(3, 2, 2, 32, 144, 3));
    for (long side = 3; side <= 9; side++) {
      check(new ConvolutionMaps(2, side, 12 - side, 16, 32, 5));
    }
    check(new ConvolutionMaps(7, 14, 14, 32, 48, 5));
  }

  /** As of images: of these the gradient of the input alone. */
  @Test
  void gradientsOfFewChannelsEqualTheOracle() {
    for (long channels = 1; channels <= ConvolutionMaps.FEW; channels++) {
      Data data = new Data(new ConvolutionMaps(2, 7, 6, channels, 48, 3), random);
      check(
          data.maps(),
          new float[][] {data.inputGradient(new JavaKernels())},
          new float[][] {data.inputGradient(kernels())});
      assertThrows(IllegalArgumentException.class, () -> data.outputs(kernels()));
      Data larger = new Data(new ConvolutionMaps(2, 7, 6, channels, 48, 5), random);
      assertThrows(IllegalArgumentException.class, () -> larger.inputGradient(kernels()));
    }
  }

  private void check(ConvolutionMaps maps) {
    Data data = new Data(maps, random);
    check(maps, data.outputs(new JavaKernels()), data.outputs(kernels()));
  }

  private static void check(ConvolutionMaps maps, float[][] expected, float[][] found) {
    for (int i = 0; i < expected.length; i++) {
      double error = 0;
      double size = 0;
      for (int j = 0; j < expected[i].length; j++) {
        double difference = expected[i][j] - (double) found[i][j];
        error += difference * difference;
        size += (double) expected[i][j] * expected[i][j];
      }
      double relative = Math.sqrt(error / size);
      assertTrue(relative < ROUNDING, maps + ", result " + i + " differs by " + relative);
    }
  }

  @Test
  void theThreadCountChangesNothing() {
    theThreadCountChangesNothing(3);
    theThreadCountChangesNothing(5);
  }

  private void theThreadCountChangesNothing(long side) {
    Data data = new Data(new ConvolutionMaps(5, 17, 16, 32, 48, side), random);
    float[][] one = data.outputs(withThreads(1));
    float[][] three = data.outputs(withThreads(3));
    for (int i = 0; i < one.length; i++) {
      assertArrayEquals(one[i], three[i]);
    }
  }

  private record Data(
      ConvolutionMaps maps,
      FloatPointer input,
      FloatPointer weight,
      FloatPointer bias,
      FloatPointer received) {

    Data(ConvolutionMaps maps, RandomBuffers random) {
      this(
          maps,
          random.normal(maps.inputs(), 1),
          random.normal(maps.weights(), 0.1f),
          random.normal(maps.out(), 1),
          random.normal(maps.outputs(), 1));
    }

    float[][] outputs(Kernels kernels) {
      float[][] found = {new float[(int) maps.outputs()], null, new float[(int) maps.weights()]};
      FloatPointer output = new FloatPointer(maps.outputs());
      kernels.convolution(maps, input, weight, bias, output);
      output.get(found[0]);
      found[1] = inputGradient(kernels);
      FloatPointer ofWeight = new FloatPointer(maps.weights());
      kernels.convolutionWeightGradient(maps, input, received, ofWeight);
      ofWeight.get(found[2]);
      return found;
    }

    float[] inputGradient(Kernels kernels) {
      float[] found = new float[(int) maps.inputs()];
      FloatPointer ofInput = new FloatPointer(maps.inputs());
      kernels.convolutionInputGradient(maps, received, weight, ofInput);
      ofInput.get(found);
      return found;
    }
  }
}
