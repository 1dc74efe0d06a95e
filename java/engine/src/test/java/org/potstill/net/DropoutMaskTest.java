package org.potstill.net;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.potstill.random.Purpose;
import org.potstill.random.RandomStream;
import org.potstill.tensor.LibTorch;
import org.potstill.tensor.Tensors;

class DropoutMaskTest {

  @BeforeAll
  static void loadLibTorch() {
    LibTorch.load();
  }

  private static RandomStream stream(long seed, int draws) {
    RandomStream random = RandomStream.of(seed, Purpose.DROPOUT, 3, 1);
    for (int i = 0; i < draws; i++) {
      random.nextBits();
    }
    return random;
  }

  /** From the beginning, the middle and the end of a block, over one, several and very many. */
  @ParameterizedTest
  @CsvSource({
    "0, 1, 0.1",
    "0, 8, 0.5",
    "1, 2, 0.5",
    "3, 1, 0.5",
    "4, 7, 0.3",
    "7, 1000, 0.1",
    "2, 0, 0.5",
    "5, 4200000, 0.1"
  })
  void tensorsGiveTheBitsOfTheHost(int before, int count, double rate) {
    for (long seed : new long[] {0, -1, 0x123456789ABCDEFL}) {
      try (PointerScope scope = new PointerScope()) {
        Tensor input = Tensors.of(new float[count], count, 1);
        RandomStream host = stream(seed, before);
        RandomStream other = stream(seed, before);
        Tensor expected = DropoutMask.byHost(host, input, rate);
        Tensor found = DropoutMask.byTensors(other, input, rate);
        assertArrayEquals(Tensors.toFloats(expected), Tensors.toFloats(found));
        assertArrayEquals(Tensors.shape(input), Tensors.shape(found));
        assertEquals(host.nextBits(), other.nextBits());
      }
    }
  }

  /** So that the mean stays what it was. */
  @Test
  void whatIsKeptGrowsByTheShareThatIsDropped() {
    try (PointerScope scope = new PointerScope()) {
      Tensor input = Tensors.of(new float[1000], 10, 100);
      float[] mask = Tensors.toFloats(DropoutMask.byHost(stream(5, 0), input, 0.2));
      RandomStream random = stream(5, 0);
      for (float value : mask) {
        assertEquals(random.nextFloat() < 0.2 ? 0 : 1.25f, value);
      }
    }
  }

  /** Numbers of blocks beyond 32 bits reach the second word of the counter. */
  @Test
  void streamsThatWentFarGoOnTheSameWay() {
    try (PointerScope scope = new PointerScope()) {
      Tensor input = Tensors.of(new float[50], 50);
      RandomStream host = stream(9, 0);
      host.skip((1L << 34) - 21);
      Tensor found = DropoutMask.byTensors(host.copy(), input, 0.5);
      Tensor expected = DropoutMask.byHost(host, input, 0.5);
      assertArrayEquals(Tensors.toFloats(expected), Tensors.toFloats(found));
    }
  }
}
