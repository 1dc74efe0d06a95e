package org.potstill.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
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

  /** Notes what was copied before, and has the buffer change when it is waited for. */
  private GpuRuntime.Mark late(Tensor buffer) {
    queue.add("marked behind " + Arrays.toString(Tensors.toFloats(buffer)));
    return new GpuRuntime.Mark() {
      @Override
      public void await() {
        queue.add("awaited");
        buffer.add_(new Scalar(10));
      }

      @Override
      public void close() {
        queue.add("closed");
      }
    };
  }

  @Test
  void numbersAreReadWhenTheyHaveArrived() {
    Tensor[] buffer = new Tensor[1];
    Download download;
    try (PointerScope scope = new PointerScope()) {
      Tensor numbers = Tensors.of(new float[] {1, 2, 3}, 3);
      download =
          Download.of(
              numbers,
              shape -> {
                buffer[0] = Tensors.of(new float[3], shape);
                return Optional.of(buffer[0]);
              },
              tensor -> late(buffer[0]));
    }
    assertEquals(List.of("marked behind [1.0, 2.0, 3.0]"), queue);
    assertEquals(3, download.count());
    assertArrayEquals(new float[] {11, 12, 13}, download.read());
    download.close();
    assertEquals(List.of("awaited", "closed"), queue.subList(1, queue.size()));
  }

  @Test
  void withoutPageLockedMemoryTheyAreReadWhereTheyLie() {
    float[] values = {4, 5};
    Download download;
    try (PointerScope scope = new PointerScope()) {
      Tensor numbers = Tensors.of(values, 2);
      download = Download.of(numbers, shape -> Optional.empty(), this::late);
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
