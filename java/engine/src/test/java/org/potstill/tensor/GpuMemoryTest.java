package org.potstill.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.potstill.errors.RunFailedException;

/** With failures thrown as LibTorch words them. */
class GpuMemoryTest {

  private static RuntimeException full() {
    return new RuntimeException(
        "CUDA out of memory. Tried to allocate 20.00 MiB. GPU 0 has a total capacity of 79.11 GiB"
            + " of which 17.56 MiB is free. Process 7 has 79.09 GiB memory in use.");
  }

  private static RowParts rows() {
    return new RowParts("score", "score.batch");
  }

  private static List<String> worked(int count, int most) {
    return worked(rows(), count, Math.max(1, count), most);
  }

  /** Works on the rows, where no more than {@code most} of them fit. */
  private static List<String> worked(RowParts rows, int count, int atOnce, int most) {
    List<String> parts = new ArrayList<>();
    rows.run(
        count,
        atOnce,
        (from, to) -> {
          if (to - from > most) {
            throw full();
          }
          parts.add(from + "-" + to);
        });
    return parts;
  }

  @Test
  void rowsThatFitAreWorkedOnAtOnce() {
    assertEquals(List.of("0-7"), worked(7, 7));
    assertEquals(List.of("0-0"), worked(0, 7));
  }

  @Test
  void rowsThatDoNotFitAreHalvedUntilTheyDo() {
    assertEquals(List.of("0-4", "4-7"), worked(7, 4));
    assertEquals(List.of("0-2", "2-4", "4-6", "6-7"), worked(7, 2));
    assertEquals(List.of("0-1", "1-2", "2-3"), worked(3, 1));
  }

  @Test
  void rowsMayBeTakenInPartsFromTheBeginning() {
    assertEquals(List.of("0-3", "3-6", "6-7"), worked(rows(), 7, 3, 4));
    assertEquals(List.of("0-2", "2-4", "4-6", "6-7"), worked(rows(), 7, 3, 2));
  }

  @Test
  void whatFittedIsRemembered() {
    RowParts rows = rows();
    worked(rows, 8, 8, 3);
    // Had it to find out again, so large a limit would let all rows through at once.
    assertEquals(List.of("0-2", "2-4", "4-5"), worked(rows, 5, 5, 100));
    assertEquals(List.of("0-1", "1-2"), worked(rows, 2, 1, 100));
  }

  @Test
  void rowThatDoesNotFitIsAnErrorThatSaysWhatWasWanted() {
    Exception error = assertThrows(RunFailedException.class, () -> worked(2, 0));
    assertEquals(
        "score: the memory of the GPU is full: 20.00 MiB wanted, 17.56 MiB free; lower score.batch"
            + " or data.resolution, or compute on the CPU (run.device: cpu)",
        error.getMessage());
  }

  @Test
  void stageThatCannotSplitSaysTheSame() {
    Exception error =
        assertThrows(
            RunFailedException.class,
            () ->
                GpuMemory.explain(
                    "evaluate",
                    GpuMemory.lower("evaluate.batch"),
                    () -> {
                      throw full();
                    }));
    assertEquals(
        "evaluate: the memory of the GPU is full: 20.00 MiB wanted, 17.56 MiB free; lower"
            + " evaluate.batch, or compute on the CPU (run.device: cpu)",
        error.getMessage());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "CUDA error: out of memory",
        "CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`",
        "cuDNN error: CUDNN_STATUS_ALLOC_FAILED",
        "cuDNN error: CUDNN_STATUS_INTERNAL_ERROR_DEVICE_ALLOCATION_FAILED",
        "launch of score (8 blocks of 128 threads): out of memory (n=5, c=10)",
      })
  void memoryTakenBesideTheAllocatorCountsToo(String line) {
    RuntimeException error = new RuntimeException(line + "\nframe #0: x");
    assertTrue(GpuMemory.isFull(error));
    assertEquals(
        "distill: the memory of the GPU is full: " + line + "; take --device cpu",
        GpuMemory.failure("distill", "take --device cpu", error).getMessage());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "CUDA error: CUBLAS_STATUS_NOT_INITIALIZED when calling `cublasCreate(handle)`",
        "cuDNN error: CUDNN_STATUS_NOT_INITIALIZED",
        "GET was unable to find an engine to execute this computation",
        "FIND was unable to find an engine to execute this computation",
        "Not enough memory for workspace!",
      })
  void whatMostOftenComesOfFullMemoryCountsToo(String line) {
    RuntimeException error = new RuntimeException(line + "\nframe #0: x");
    assertTrue(GpuMemory.isFull(error));
    assertTrue(GpuMemory.isBesideAllocator(error));
    assertEquals(
        "distill: the memory of the GPU seems to be full: " + line + "; take --device cpu",
        GpuMemory.failure("distill", "take --device cpu", error).getMessage());
  }

  /**
   * Works on rows that fit beside {@code most} bytes of LibTorch's cache, which holds one until it
   * is emptied; where they do not, something beside its allocator says so.
   */
  private static List<String> workedBesideCache(int rows, int most) {
    List<String> calls = new ArrayList<>();
    int[] cached = {1};
    new RowParts(
            "score",
            "score.batch",
            () -> {
              calls.add("emptied");
              cached[0] = 0;
            })
        .run(
            rows,
            (from, to) -> {
              calls.add(from + "-" + to);
              if (cached[0] > most) {
                throw new RuntimeException("CUDA error: out of memory");
              }
            });
    return calls;
  }

  @Test
  void rowsStayTogetherWhereOnlyTheCacheWasInTheWay() {
    assertEquals(List.of("0-4", "emptied", "0-4"), workedBesideCache(4, 0));
    assertEquals(List.of("0-0", "emptied", "0-0"), workedBesideCache(0, 0));
    assertEquals(List.of("0-4"), workedBesideCache(4, 1));
  }

  @Test
  void rowsThatDoNotFitBesideAnEmptyCacheAreHalved() {
    List<String> calls = new ArrayList<>();
    RowParts rows = new RowParts("score", "score.batch", () -> calls.add("emptied"));
    rows.run(
        4,
        (from, to) -> {
          calls.add(from + "-" + to);
          if (to - from > 2) {
            throw new RuntimeException("cuDNN error: CUDNN_STATUS_ALLOC_FAILED");
          }
        });
    assertEquals(List.of("0-4", "emptied", "0-4", "0-2", "2-4"), calls);
  }

  @Test
  void rowThatDoesNotFitBesideAnEmptyCacheIsAnError() {
    Exception error = assertThrows(RunFailedException.class, () -> workedBesideCache(4, -1));
    assertTrue(error.getMessage().contains("CUDA error: out of memory; lower"), error.getMessage());
  }

  @Test
  void cacheIsLeftAloneWhereItsAllocatorWasFull() {
    RowParts rows = new RowParts("score", "score.batch", () -> fail("emptied"));
    assertEquals(List.of("0-2", "2-4"), worked(rows, 4, 4, 2));
  }

  @Test
  void otherFailuresAreNotForWantOfMemory() {
    assertFalse(GpuMemory.isFull(new RuntimeException()));
    assertFalse(GpuMemory.isFull(new RuntimeException("CUDA error: an illegal memory access")));
    assertFalse(
        GpuMemory.isFull(
            new RuntimeException("DefaultCPUAllocator: can't allocate memory: you tried to")));
    // What was explained once is not explained again.
    assertFalse(GpuMemory.isFull(GpuMemory.failure("score", "wait", full())));
  }

  @Test
  void otherErrorsGoThrough() {
    RuntimeException other = new IllegalStateException("something else");
    assertSame(
        other,
        assertThrows(
            IllegalStateException.class,
            () ->
                rows()
                    .run(
                        2,
                        (from, to) -> {
                          throw other;
                        })));
  }
}
