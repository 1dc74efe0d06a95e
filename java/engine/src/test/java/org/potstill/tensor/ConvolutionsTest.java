package org.potstill.tensor;

import static org.junit.jupiter.api.Assertions.assertTrue;

import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Whichever convolution is taken, the result is that of LibTorch's. */
class ConvolutionsTest {

  @BeforeAll
  static void load() {
    LibTorch.load();
  }

  @ParameterizedTest
  @CsvSource({"1,8,3,1,3", "8,8,3,1,1", "16,3,3,2,1", "24,24,3,1,1", "16,16,3,1,1", "5,7,1,1,0"})
  void equalsConv2dInDoublePrecision(int in, int out, int kernel, int stride, int padding) {
    try (PointerScope scope = new PointerScope()) {
      Tensor input = ramp(4, in, 9, 9).requires_grad_(true);
      Tensor weight = ramp(out, in, kernel, kernel);
      Tensor bias = ramp(out);
      Tensor found = Convolutions.square(input, weight, bias, stride, padding);
      Tensor exactInput = inDouble(input).detach().requires_grad_(true);
      Tensor exact =
          torch.conv2d(
              exactInput,
              inDouble(weight),
              new TensorOptional(inDouble(bias)),
              new long[] {stride, stride},
              new long[] {padding, padding},
              new long[] {1, 1},
              1);
      assertClose(found, exact);
      assertClose(gradient(found, input), gradient(exact, exactInput));
    }
  }

  private static Tensor gradient(Tensor output, Tensor input) {
    Tensor weights = torch.ones_like(output);
    return Tensors.gradients(output, weights, new Tensor[] {input}, false)[0];
  }

  private static Tensor ramp(long... shape) {
    int size = 1;
    for (long side : shape) {
      size *= (int) side;
    }
    float[] values = new float[size];
    for (int i = 0; i < size; i++) {
      values[i] = (i * 37 % 101 - 50) / 50f;
    }
    return Tensors.of(values, shape);
  }

  private static Tensor inDouble(Tensor tensor) {
    return tensor.detach().to(torch.ScalarType.Double);
  }

  private static void assertClose(Tensor found, Tensor exact) {
    Tensor wanted = exact.detach();
    assertTrue(torch.allclose(inDouble(found), wanted, 1e-4, 1e-4, false), "differs");
  }
}
