package org.potstill.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.openblas.global.openblas_nolapack;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.potstill.errors.RunFailedException;
import org.potstill.testing.ResidentMemory;

class TensorsTest {

  @BeforeAll
  static void loadLibTorch() {
    LibTorch.load();
  }

  @Test
  void arraysSurviveTheRoundTrip() {
    try (PointerScope scope = new PointerScope()) {
      Tensor floats = Tensors.of(new float[] {1, 2, 3, 4, 5, 6}, 2, 3);
      assertArrayEquals(new long[] {3, 2}, Tensors.shape(floats.t()));
      assertArrayEquals(new float[] {1, 4, 2, 5, 3, 6}, Tensors.toFloats(floats.t()));
      assertArrayEquals(new long[] {7, 9}, Tensors.toLongs(Tensors.indices(new int[] {7, 9})));
      assertEquals(0, Tensors.toFloats(Tensors.of(new float[0], 0, 4)).length);
    }
  }

  @Test
  void valuesThatDoNotFillTheShapeAreAnError() {
    for (long[] shape : new long[][] {{2}, {2, 2}, {0}, {}}) {
      String message =
          assertThrows(IllegalArgumentException.class, () -> Tensors.of(new float[3], shape))
              .getMessage();
      assertTrue(message.startsWith("3 values are not a tensor of the shape ["), message);
      assertThrows(IllegalArgumentException.class, () -> Tensors.of(new long[3], shape));
    }
  }

  @Test
  void gradientOfAnUnusedInputIsZero() {
    try (PointerScope scope = new PointerScope()) {
      Tensor used = Tensors.of(new float[] {1, 2}, 2).requires_grad_(true);
      Tensor unused = Tensors.of(new float[] {3}, 1).requires_grad_(true);
      Tensor weights = Tensors.of(new float[] {10, 100}, 2);
      Tensor[] gradients =
          Tensors.gradients(used.mul(used), weights, new Tensor[] {used, unused}, false);
      assertArrayEquals(new float[] {20, 400}, Tensors.toFloats(gradients[0]));
      assertArrayEquals(new float[] {0}, Tensors.toFloats(gradients[1]));
    }
  }

  @Test
  void sumsThatBeganToGrowAreNotTakenForWhatCanBeAddedAgain() {
    try (PointerScope scope = new PointerScope()) {
      List<Tensor> sums = List.of(torch.zeros(2), torch.zeros(2));
      Tensor term = Tensors.of(new float[] {1, 2}, 2);
      Tensor other = torch.zeros(3);
      Tensors.addTo(sums, List.of(term, term), 0.5);
      assertArrayEquals(new float[] {0.5f, 1}, Tensors.toFloats(sums.get(1)));
      assertThrows(RunFailedException.class, () -> Tensors.addTo(sums, List.of(term, other), 1));
      RuntimeException nothingAdded =
          assertThrows(RuntimeException.class, () -> Tensors.addTo(sums, List.of(other, term), 1));
      assertFalse(nothingAdded instanceof RunFailedException);
    }
  }

  @Test
  void namedTensorsOutliveTheScopeAndGiveTheirMemoryBack() {
    NamedTensors named = new NamedTensors();
    try (PointerScope scope = new PointerScope()) {
      named.put("a", Tensors.of(new float[] {1, 2}, 2));
      named.put("a", Tensors.of(new float[] {3, 4}, 2));
    }
    Tensor tensor = named.get("a");
    assertArrayEquals(new float[] {3, 4}, Tensors.toFloats(tensor));
    named.close();
    named.close();
    assertTrue(tensor.isNull());
    assertThrows(IllegalStateException.class, () -> named.get("a"));
  }

  @Test
  @Tag("memory")
  void repeatedStepsKeepNativeMemoryFlat() {
    ResidentMemory.assertFlat(
        100,
        200,
        step -> {
          try (PointerScope scope = new PointerScope()) {
            Tensor x = torch.ones(256, 1024).requires_grad_(true);
            Tensors.gradients(x.mul(x).sum(), null, new Tensor[] {x}, true);
          }
        });
  }

  @Test
  void threadCountsAreRestored() {
    int torchBefore = torch.get_num_threads();
    int blasBefore = openblas_nolapack.blas_get_num_threads();
    openblas_nolapack.blas_set_num_threads(2);
    try (LibTorch.ThreadSettings settings = LibTorch.withThreads(torchBefore + 1)) {
      assertEquals(torchBefore + 1, torch.get_num_threads());
      assertEquals(1, openblas_nolapack.blas_get_num_threads());
    }
    int blasAfter = openblas_nolapack.blas_get_num_threads();
    openblas_nolapack.blas_set_num_threads(blasBefore);
    assertEquals(2, blasAfter);
    assertEquals(torchBefore, torch.get_num_threads());
  }

  private static int[] threadCounts() {
    return new int[] {torch.get_num_threads(), openblas_nolapack.blas_get_num_threads()};
  }

  @Test
  void threadCountsClosedTwiceAreRestoredOnce() {
    int[] before = threadCounts();
    int[] within;
    try (LibTorch.ThreadSettings outer = LibTorch.withThreads(before[0] + 1)) {
      LibTorch.ThreadSettings inner = LibTorch.withThreads(before[0] + 2);
      inner.close();
      inner.close();
      within = threadCounts();
    }
    assertArrayEquals(new int[] {before[0] + 1, 1}, within);
    assertArrayEquals(before, threadCounts());
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** As two runs do, each on a thread of its own. */
  @Test
  void threadCountsOfOverlappingThreadsAreRestored() throws InterruptedException {
    int blasBefore = openblas_nolapack.blas_get_num_threads();
    openblas_nolapack.blas_set_num_threads(2);
    int[] before = threadCounts();
    CountDownLatch opened = new CountDownLatch(1);
    CountDownLatch closed = new CountDownLatch(1);
    AtomicReference<int[]> alone = new AtomicReference<>();
    AtomicReference<int[]> after = new AtomicReference<>();
    Thread other =
        new Thread(
            () -> {
              try (LibTorch.ThreadSettings settings = LibTorch.withThreads(before[0] + 2)) {
                opened.countDown();
                await(closed);
                alone.set(threadCounts());
              }
              after.set(threadCounts());
            });
    try (LibTorch.ThreadSettings settings = LibTorch.withThreads(before[0] + 1)) {
      other.start();
      opened.await();
    }
    int[] own = threadCounts();
    closed.countDown();
    other.join();
    openblas_nolapack.blas_set_num_threads(blasBefore);
    assertEquals(before[0], own[0]);
    assertArrayEquals(new int[] {before[0] + 2, 1}, alone.get());
    assertArrayEquals(before, after.get());
  }
}
