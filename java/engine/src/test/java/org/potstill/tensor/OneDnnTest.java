package org.potstill.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Context;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Convolutions are right on this processor, with oneDNN or without. */
class OneDnnTest {

  @BeforeAll
  static void load() {
    LibTorch.load();
  }

  @Test
  void isLeftOutExactlyWhereItIsWrong() {
    boolean used = OneDnn.isUsed();
    assertTrue(OneDnn.convolvesRightly(), "wrong as LibTorch was loaded");
    try (Context context = torch.globalContext()) {
      context.setUserEnabledMkldnn(true);
      try {
        assertEquals(used, OneDnn.convolvesRightly());
      } finally {
        context.setUserEnabledMkldnn(used);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "1,8,3,1,3",
    "8,8,3,1,1",
    "16,3,3,2,1",
    "20,12,5,1,2",
    "24,24,3,1,1",
    "16,16,3,1,1",
    "5,7,1,1,0"
  })
  void equalDoublePrecision(int in, int out, int kernel, int stride, int padding) {
    try (PointerScope scope = new PointerScope()) {
      Tensor input = ramp(4, in, 9, 9).requires_grad_(true);
      Tensor weight = ramp(out, in, kernel, kernel);
      Tensor bias = ramp(out);
      Tensor found = convolution(input, weight, bias, stride, padding);
      Tensor exactInput = inDouble(input).detach().requires_grad_(true);
      Tensor exact = convolution(exactInput, inDouble(weight), inDouble(bias), stride, padding);
      assertClose(found, exact);
      assertClose(gradient(found, input), gradient(exact, exactInput));
    }
  }

  private static Tensor convolution(
      Tensor input, Tensor weight, Tensor bias, long stride, long padding) {
    long[] strides = {stride, stride};
    long[] paddings = {padding, padding};
    return torch.conv2d(
        input, weight, new TensorOptional(bias), strides, paddings, new long[] {1, 1}, 1);
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
