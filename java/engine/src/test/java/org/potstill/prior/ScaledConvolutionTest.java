package org.potstill.prior;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.potstill.fixtures.Closeness;
import org.potstill.fixtures.Tolerances;
import org.potstill.kernels.CpuKernels;
import org.potstill.random.Purpose;
import org.potstill.random.RandomStream;
import org.potstill.tensor.LibTorch;
import org.potstill.tensor.Tensors;

/** By kernels, and by LibTorch, against the composition that autograd differentiates. */
class ScaledConvolutionTest {

  @BeforeAll
  static void load() {
    LibTorch.load();
  }

  /**
   * A case.
   *
   * @param side of the filters
   * @param single whether outputs are scaled by a single number
   */
  record Case(int images, int in, int out, int rows, int columns, int side, boolean single) {}

  static Stream<Case> cases() {
    return Stream.of(
        new Case(2, 32, 16, 10, 14, 3, false),
        // Channels that are no multiples of 16, maps that do not fill tiles.
        new Case(3, 31, 45, 13, 9, 3, false),
        new Case(2, 48, 30, 9, 9, 3, true),
        // One image fills the map.
        new Case(3, 48, 16, 297, 301, 3, false),
        // Mostly zeros, and no 3 x 3: LibTorch's.
        new Case(2, 17, 5, 12, 12, 3, false),
        new Case(2, 32, 3, 8, 8, 1, true));
  }

  private static Tensor gaussian(long index, long... shape) {
    float[] values = new float[Math.toIntExact(LongStream.of(shape).reduce(1, (a, b) -> a * b))];
    RandomStream.of(7, Purpose.PRIOR_NOISE, 0, index).fillGaussian(values, 0, 1);
    return Tensors.of(values, shape);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void outputAndGradientsEqualThoseOfAutograd(Case c) {
    try (PointerScope scope = new PointerScope()) {
      Tensor input = gaussian(0, c.images(), c.in(), c.rows(), c.columns()).requires_grad_(true);
      Tensor weight = gaussian(1, c.out(), c.in(), c.side(), c.side());
      Tensor in = gaussian(2, c.images(), c.in()).requires_grad_(true);
      Tensor out =
          c.single()
              ? gaussian(3)
              : gaussian(3, c.images(), c.out()).abs().add_(Tensors.of(new float[] {0.1f}, 1));
      out = out.detach().requires_grad_(!c.single());
      ScaledConvolution.Factors factors = new ScaledConvolution.Factors(in, out);
      Tensor expected =
          ModulatedConvolution.apply(input, new ModulatedConvolution.Scaled(weight, factors));
      Tensor upstream = gaussian(4, Tensors.shape(expected));
      Tensor[] leaves = c.single() ? new Tensor[] {input, in} : new Tensor[] {input, in, out};
      Tensor[] gradients = Tensors.gradients(expected, upstream, leaves, false);
      for (CpuKernels kernels : new CpuKernels[] {null, new CpuKernels(2)}) {
        ScaledConvolution own = new ScaledConvolution(kernels, weight);
        Tensor output = own.forward(input, factors);
        assertFalse(output.requires_grad());
        assertTrue(output.is_contiguous());
        assertClose("output", expected, output);
        ScaledConvolution.Gradients found = own.gradients(upstream, input, factors, output);
        assertClose("input", gradients[0], found.input());
        assertClose("in", gradients[1], found.in());
        if (c.single()) {
          assertNull(found.out());
        } else {
          assertClose("out", gradients[2], found.out());
        }
      }
    }
  }

  private static void assertClose(String name, Tensor expected, Tensor found) {
    assertArrayEquals(Tensors.shape(expected), Tensors.shape(found), name);
    Closeness.assertOfLargest(
        name,
        Closeness.doubles(expected.detach()),
        Closeness.doubles(found),
        Tolerances.STYLEGAN_OPERATOR);
  }

  @Test
  void anImageDoesNotDependOnThoseBesideItOrOnThreads() {
    try (PointerScope scope = new PointerScope()) {
      Tensor input = gaussian(0, 3, 32, 10, 10);
      ScaledConvolution.Factors factors =
          new ScaledConvolution.Factors(gaussian(1, 3, 32), gaussian(2, 3, 16));
      ScaledConvolution own = new ScaledConvolution(new CpuKernels(2), gaussian(3, 16, 32, 3, 3));
      Tensor together = own.forward(input, factors).narrow(0, 1, 1);
      ScaledConvolution.Factors second =
          new ScaledConvolution.Factors(
              factors.in().narrow(0, 1, 1), factors.out().narrow(0, 1, 1));
      int threads = torch.get_num_threads();
      torch.set_num_threads(1);
      Tensor alone = own.forward(input.narrow(0, 1, 1), second);
      torch.set_num_threads(threads);
      assertEquals(0, together.ne(alone).sum().item_long());
    }
  }
}
