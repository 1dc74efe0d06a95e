package org.potstill.net;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.potstill.fixtures.Closeness;
import org.potstill.random.Purpose;
import org.potstill.random.RandomStream;
import org.potstill.tensor.NamedTensors;
import org.potstill.tensor.Tensors;

/** ConvNets, their inputs and what is compared, for tests of their own ways there and back. */
final class ConvNetCases {

  private ConvNetCases() {}

  /** Sizes that the pooling divides and does not, and channels that fill no block of the kernel. */
  static List<NetworkSpec> specs() {
    return List.of(
        spec(28, 1, 3).with(3, 128, Norm.INSTANCE, Pooling.AVG),
        spec(32, 3, 10).with(3, 12, Norm.INSTANCE, Pooling.AVG),
        spec(64, 3, 2).with(4, 70, Norm.INSTANCE, Pooling.AVG),
        spec(37, 2, 5).with(5, 8, Norm.INSTANCE, Pooling.AVG),
        spec(8, 3, 4).with(1, 5, Norm.INSTANCE, Pooling.AVG),
        spec(9, 3, 4).with(2, 6, Norm.INSTANCE, Pooling.NONE));
  }

  static NetworkSpec spec(int side, int channels, int classes) {
    return NetworkSpec.of("convnet", side, channels, classes);
  }

  static NamedTensors fresh(Network network) {
    NamedTensors state =
        network.initialise(RandomStream.of(3, Purpose.NETWORK_INITIALISATION, 0, 0));
    for (String name : network.parameterNames()) {
      Tensor parameter = state.get(name);
      // Scales and shifts begin as ones and zeros, which would hide that they are mixed up.
      if (parameter.dim() == 1) {
        parameter.add_(gaussian(name.length(), 0.3f, parameter.size(0)));
      }
      parameter.requires_grad_(true);
    }
    return state;
  }

  static Tensor gaussian(int index, float deviation, long... shape) {
    long size = Arrays.stream(shape).reduce(1, (a, b) -> a * b);
    float[] values = new float[Math.toIntExact(size)];
    RandomStream.of(3, Purpose.REAL_BATCH, 0, index).fillGaussian(values, 0, deviation);
    return Tensors.of(values, shape);
  }

  static Tensor images(NetworkSpec spec, int count) {
    return gaussian(100, 1, count, spec.channels(), spec.imageSize(), spec.imageSize());
  }

  static void assertClose(String what, Tensor expected, Tensor actual, double bound) {
    assertEquals(
        Arrays.toString(Tensors.shape(expected)), Arrays.toString(Tensors.shape(actual)), what);
    Closeness.assertMaxAbsolute(
        what, Closeness.doubles(expected), Closeness.doubles(actual), bound);
  }

  static double largest(Tensor... tensors) {
    return Arrays.stream(tensors)
        .flatMapToDouble(tensor -> Arrays.stream(Closeness.doubles(tensor)))
        .map(Math::abs)
        .max()
        .orElseThrow();
  }
}
