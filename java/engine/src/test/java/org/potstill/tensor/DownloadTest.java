package org.potstill.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The host stands in for a GPU, and a list for its queue. */
class DownloadTest {

  private final List<String> queue = new ArrayList<>();

  @BeforeAll
  static void loadLibTorch() {
    LibTorch.load();
  }

  /** Writes into {@code buffer} when it is waited for and not before, as a GPU may. */
  private GpuRuntime.Mark late(Tensor buffer, float[] arriving) {
    queue.add("marked");
    return new GpuRuntime.Mark() {
      @Override
      public void await() {
        queue.add("awaited");
        buffer.copy_(Tensors.of(arriving, arriving.length));
      }

      @Override
      public void close() {
        queue.add("closed");
      }
    };
  }

  @Test
  void numbersAreReadWhenTheyHaveArrived() {
    try (PointerScope scope = new PointerScope()) {
      Tensor numbers = Tensors.of(new float[3], 3);
      Tensor buffer = Tensors.of(new float[3], 3);
      float[] arriving = {1, 2, 3};
      try (Download download =
          Download.of(numbers, shape -> Optional.of(buffer), tensor -> late(buffer, arriving))) {
        assertEquals(List.of("marked"), queue);
        assertEquals(3, download.count());
        assertArrayEquals(arriving, download.read());
      }
      assertEquals(List.of("marked", "awaited", "closed"), queue);
    }
  }

  @Test
  void withoutPageLockedMemoryTheyAreReadWhereTheyLie() {
    float[] values = {4, 5};
    Download download;
    try (PointerScope scope = new PointerScope()) {
      Tensor numbers = Tensors.of(values, 2);
      download = Download.of(numbers, shape -> Optional.empty(), tensor -> late(tensor, values));
    }
    assertArrayEquals(values, download.read());
    download.close();
    assertEquals(List.of(), queue);
  }

  @Test
  void numbersOfTheHostOutliveTheScopeTheyWereMadeIn() {
    Download download;
    try (PointerScope scope = new PointerScope()) {
      download = Download.of(Tensors.of(new float[] {6, 7}, 2));
    }
    assertArrayEquals(new float[] {6, 7}, download.read());
    download.close();
  }
}
