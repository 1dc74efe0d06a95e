package org.potstill.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.potstill.kernels.CpuKernels;
import org.potstill.random.Purpose;
import org.potstill.random.RandomStream;

/** The convolution on tensors of any layout against LibTorch's in double precision. */
class ConvolutionTest {

  /** Of the largest value. */
  private static final double ROUNDING = 1e-5;

  private final Convolution convolution = new Convolution(new CpuKernels(2));

  @BeforeAll
  static void load() {
    LibTorch.load();
  }

  private static Tensor gaussian(int index, float deviation, long... shape) {
    float[] values = new float[(int) Arrays.stream(shape).reduce(1, (a, b) -> a * b)];
    RandomStream.of(5, Purpose.REAL_BATCH, 0, index).fillGaussian(values, 0, deviation);
    return Tensors.of(values, shape);
  }

  @Test
  void anyLayoutGivesTheSame() {
    check(3, 16, 32, 8, 9, 3, 1);
    check(2, 48, 16, 14, 14, 3, 1);
    check(5, 16, 32, 2, 2, 3, 1);
    check(4, 80, 16, 1, 1, 3, 1);
    check(3, 16, 144, 3, 2, 3, 1);
    check(3, 16, 32, 8, 9, 5, 2);
    check(2, 48, 16, 14, 14, 5, 2);
  }

  /** Of their gradients the kernel finds that of the input. */
  @Test
  void imagesOfAnyPaddingGiveTheSame() {
    check(3, 3, 32, 8, 9, 3, 1);
    check(2, 1, 16, 28, 28, 3, 3);
    check(2, 4, 48, 5, 3, 3, 2);
    check(1, 2, 16, 1, 1, 3, 1);
  }

  @Test
  void whatTheKernelDoesNotTakeGoesToLibTorch() {
    check(3, 5, 32, 8, 9, 3, 1);
    check(3, 3, 24, 8, 9, 3, 1);
    check(3, 3, 32, 8, 9, 3, 0);
    check(3, 3, 32, 8, 9, 5, 2);
    check(2, 16, 16, 8, 8, 3, 2);
    check(2, 16, 16, 8, 8, 5, 4);
    check(2, 16, 16, 8, 8, 5, 1);
    check(2, 16, 16, 4, 4, 5, 2);
    check(2, 16, 16, 9, 9, 7, 3);
    check(2, 16, 16, 5, 5, 3, 1);
  }

  private void check(int count, int in, int out, int height, int width, int side, int padding) {
    try (PointerScope scope = new PointerScope()) {
      Tensor input = gaussian(1, 1, count, in, height, width);
      Tensor weight = gaussian(2, 0.1f, out, in, side, side).requires_grad_(true);
      Tensor bias = gaussian(3, 1, 2L * out).slice(0, opt(0), opt(2L * out), 2);
      Tensor[] leaves = {leaf(input), leaf(weight)};
      Tensor expected = convolved(leaves, doubled(bias), padding);
      Tensor received = gaussian(4, 1, Tensors.shape(expected));
      Tensor[] gradients =
          Tensors.gradients(expected, received.to(torch.ScalarType.Double), leaves, false);
      for (torch.MemoryFormat order :
          List.of(torch.MemoryFormat.Contiguous, torch.MemoryFormat.ChannelsLast)) {
        Tensor x = input.contiguous(order);
        Tensor w = weight.contiguous(order);
        Tensor dy = received.contiguous(order);
        assertClose(expected, convolution.forward(x, w, bias, padding));
        assertClose(gradients[0], convolution.inputGradient(dy, x, w, padding));
        assertClose(gradients[1], convolution.weightGradient(dy, x, w, padding));
        assertFalse(convolution.forward(x, w, null, padding).requires_grad());
      }
      Tensor flat = gaussian(6, 1, count, out, 1, 1).expand_as(received);
      Tensor[] ofFlat =
          Tensors.gradients(
              convolved(leaves, doubled(bias), padding), doubled(flat), leaves, false);
      assertClose(ofFlat[0], convolution.inputGradient(flat, input, weight, padding));
      assertClose(ofFlat[1], convolution.weightGradient(flat, input, weight, padding));
    }
  }

  private static LongOptional opt(long value) {
    return new LongOptional(value);
  }

  private static Tensor convolved(Tensor[] leaves, Tensor bias, int padding) {
    return torch.conv2d(
        leaves[0],
        leaves[1],
        new TensorOptional(bias),
        new long[] {1, 1},
        new long[] {padding, padding},
        new long[] {1, 1},
        1);
  }

  private static Tensor leaf(Tensor value) {
    return doubled(value).requires_grad_(true);
  }

  private static Tensor doubled(Tensor value) {
    return value.detach().to(torch.ScalarType.Double);
  }

  private static void assertClose(Tensor expected, Tensor actual) {
    assertEquals(Arrays.toString(Tensors.shape(expected)), Arrays.toString(Tensors.shape(actual)));
    double largest = expected.abs().max().item_double();
    double difference = expected.sub(actual).abs().max().item_double();
    assertTrue(difference <= ROUNDING * largest, difference + " off, of " + largest);
  }

  @Test
  void theKernelTakesWhatItIsFasterAt() {
    try (PointerScope scope = new PointerScope()) {
      Tensor weight = gaussian(1, 1, 32, 16, 3, 3);
      for (long side : new long[] {1, 2, 4, 6, 7, 8, 14, 16, 28, 56}) {
        assertTrue(convolution.takes(gaussian(2, 1, 1, 16, side, side), weight, 1), "" + side);
      }
      for (long side : new long[] {3, 5}) {
        assertFalse(convolution.takes(gaussian(2, 1, 1, 16, side, side), weight, 1), "" + side);
      }
      Tensor larger = gaussian(1, 1, 32, 16, 5, 5);
      for (long side : new long[] {8, 11, 12, 14, 16, 64}) {
        assertTrue(convolution.takes(gaussian(2, 1, 1, 16, side, side), larger, 2), "" + side);
      }
      for (long side : new long[] {1, 2, 4, 5, 6, 7, 9}) {
        assertFalse(convolution.takes(gaussian(2, 1, 1, 16, side, side), larger, 2), "" + side);
      }
      Tensor maps = gaussian(2, 1, 1, 16, 8, 8);
      assertFalse(convolution.takes(maps, weight, 0));
      assertFalse(convolution.takes(maps.to(torch.ScalarType.Double), weight, 1));
      assertFalse(convolution.takes(maps, weight.to(torch.ScalarType.BFloat16), 1));
      assertFalse(convolution.takes(gaussian(2, 1, 1, 32, 8, 8), weight, 1));
      assertFalse(convolution.takes(maps, larger, 1));
      assertFalse(convolution.takes(maps, gaussian(1, 1, 24, 16, 3, 3), 1));
    }
  }

  /** Of one image alone, of a part of a batch, and of a batch that fills several blocks. */
  @ParameterizedTest
  @CsvSource({"8, 40, 3", "2, 400, 3", "8, 40, 5"})
  void theBitsDoNotDependOnHowManyImagesThereAre(long side, long images, int ofSquares) {
    try (PointerScope scope = new PointerScope()) {
      Tensor input = gaussian(1, 1, images, 48, side, side);
      Tensor weight = gaussian(2, 0.1f, 32, 48, ofSquares, ofSquares);
      int padding = ofSquares / 2;
      assertTrue(convolution.takes(input, weight, padding));
      Tensor all = convolution.forward(input, weight, null, padding);
      for (long count : new long[] {1, 3, 17}) {
        Tensor some = convolution.forward(input.narrow(0, 5, count), weight, null, padding);
        assertTrue(some.equal(all.narrow(0, 5, count)), count + " images");
      }
    }
  }

  @Test
  void aGradientOfAnotherShapeIsRefused() {
    try (PointerScope scope = new PointerScope()) {
      Tensor input = gaussian(1, 1, 2, 16, 8, 8);
      Tensor weight = gaussian(2, 1, 32, 16, 3, 3);
      Tensor wrong = gaussian(3, 1, 2, 16, 8, 8);
      String message =
          assertThrows(
                  IllegalArgumentException.class,
                  () -> convolution.weightGradient(wrong, input, weight, 1))
              .getMessage();
      assertTrue(message.contains("[2, 16, 8, 8]") && message.contains("[2, 32, 8, 8]"), message);
      assertThrows(
          IllegalArgumentException.class, () -> convolution.inputGradient(wrong, input, weight, 1));
    }
  }
}
