package org.potstill.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.stream.Stream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ChannelsLastTest {

  @BeforeAll
  static void load() {
    LibTorch.load();
  }

  /** Those that are turned as matrices, and those that are too small or have one channel or row. */
  static Stream<long[]> shapes() {
    return Stream.of(
        new long[] {2, 64, 9, 7},
        new long[] {3, 80, 11, 13},
        new long[] {1, 3, 100, 90},
        new long[] {2, 3, 4, 5},
        new long[] {2, 1, 70, 70},
        new long[] {2, 4000, 1, 1},
        new long[] {0, 64, 9, 7});
  }

  @ParameterizedTest
  @MethodSource("shapes")
  void turningKeepsTheValues(long[] shape) {
    try (PointerScope scope = new PointerScope()) {
      Tensor plain = torch.arange(new Scalar(size(shape))).view(shape);
      Tensor first = plain.to(torch.ScalarType.Float).requires_grad_(true);
      Tensor last = ChannelsLast.of(first);
      assertTrue(last.is_contiguous(torch.MemoryFormat.ChannelsLast));
      assertEquals(1, last.stride(1));
      assertFalse(last.requires_grad());
      assertTrue(torch.equal(first.detach(), last));
      Tensor again = ChannelsLast.first(last);
      assertTrue(again.is_contiguous());
      assertTrue(torch.equal(first.detach(), again));
      Tensor mirrored = first.detach().flip(3).transpose(2, 3);
      assertTrue(torch.equal(mirrored, ChannelsLast.of(mirrored)));
      assertTrue(torch.equal(mirrored, ChannelsLast.first(mirrored)));
    }
  }

  private static long size(long... shape) {
    return shape[0] * shape[1] * shape[2] * shape[3];
  }
}
