package org.potstill.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.Arrays;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.potstill.errors.Rethrown;
import org.potstill.errors.RunCancelledException;
import org.potstill.errors.RunFailedException;
import org.potstill.run.CancellationToken;

class SideBySideTest {

  private static final long MORE_THAN_ANY_MACHINE = 1L << 60;

  @BeforeAll
  static void loadLibTorch() {
    LibTorch.load();
  }

  @Test
  void oneAtATimeOnAGpu() {
    SideBySide three = new SideBySide(3, 2);
    assertEquals(three, three.on(Placement.CPU));
    assertEquals(new SideBySide(1, 2), three.on(Placement.of("cuda:0")));
  }

  @Test
  void workersFollowFromThreadsPiecesAndRoom() {
    assertEquals(new SideBySide(8, 1), SideBySide.of(8, 100, 1));
    assertEquals(new SideBySide(3, 2), SideBySide.of(8, 3, 1));
    assertEquals(new SideBySide(1, 8), SideBySide.of(8, 100, MORE_THAN_ANY_MACHINE));
    assertEquals(new SideBySide(1, 8), SideBySide.of(8, 0, 1));
  }

  @Test
  void limitTakesWorkersAndLeavesTheThreadsOfEach() {
    SideBySide four = new SideBySide(4, 3);
    assertEquals(new SideBySide(2, 3), four.atMost(2));
    assertEquals(new SideBySide(1, 3), four.atMost(0));
    assertEquals(four, four.atMost(Long.MAX_VALUE));
    try (LibTorch.ThreadSettings settings = LibTorch.withThreads(4)) {
      int[] found = new int[1];
      four.atMost(0)
          .run(1, new CancellationToken(), (index, token) -> found[0] = torch.get_num_threads());
      assertEquals(3, found[0]);
      assertEquals(4, torch.get_num_threads());
    }
  }

  @Test
  void everyPieceIsDoneOnceWithTheThreadsOfItsWorker() {
    try (LibTorch.ThreadSettings settings = LibTorch.withThreads(4)) {
      int[] threads = new int[7];
      int[] runs = new int[7];
      new SideBySide(2, 2)
          .run(
              7,
              new CancellationToken(),
              (index, token) -> {
                threads[index] = torch.get_num_threads();
                runs[index]++;
              });
      assertTrue(Arrays.stream(threads).allMatch(count -> count == 2), Arrays.toString(threads));
      assertTrue(Arrays.stream(runs).allMatch(count -> count == 1), Arrays.toString(runs));
      assertEquals(4, torch.get_num_threads());
    }
  }

  @Test
  void workersKeepTheirThreadsWhereAnotherRunSetsOthers() {
    try (LibTorch.ThreadSettings settings = LibTorch.withThreads(4)) {
      int[] threads = new int[2];
      new SideBySide(2, 2)
          .run(
              2,
              new CancellationToken(),
              (index, token) -> {
                setThreadsElsewhere(3);
                threads[index] = torch.get_num_threads();
              });
      assertArrayEquals(new int[] {2, 2}, threads);
    }
  }

  private static void setThreadsElsewhere(int count) {
    Thread other =
        new Thread(
            () -> {
              torch.get_num_threads();
              torch.set_num_threads(count);
            });
    other.start();
    try {
      other.join();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void threadsThatComeLaterBeginWithTheSettingFromBefore() throws InterruptedException {
    try (LibTorch.ThreadSettings settings = LibTorch.withThreads(2)) {
      new SideBySide(2, 1).run(2, new CancellationToken(), (index, token) -> {});
      int[] found = new int[1];
      Thread fresh = new Thread(() -> found[0] = torch.get_num_threads());
      fresh.start();
      fresh.join();
      assertEquals(2, found[0]);
    }
  }

  @Test
  void failureStopsTheOthersAndIsWhatIsThrown() {
    RunFailedException failure = new RunFailedException("it failed");
    CountDownLatch failed = new CountDownLatch(1);
    Set<Integer> begun = ConcurrentHashMap.newKeySet();
    CancellationToken run = new CancellationToken();
    RunFailedException thrown =
        assertThrows(
            RunFailedException.class,
            () ->
                new SideBySide(2, 1)
                    .run(
                        9,
                        run,
                        (index, token) -> {
                          begun.add(index);
                          if (index == 1) {
                            failed.countDown();
                            throw failure;
                          }
                          await(failed);
                          while (!token.isCancelled()) {
                            Thread.onSpinWait();
                          }
                          token.throwIfCancelled();
                        }));
    assertSame(failure, thrown);
    assertEquals(Set.of(0, 1), begun);
    assertFalse(run.isCancelled());
  }

  @Test
  void checkedFailureOfAListenerInAnotherLanguageIsThrownToo() {
    IOException failure = new IOException("from Kotlin");
    for (int workers : new int[] {1, 2}) {
      IOException thrown =
          assertThrows(
              IOException.class,
              () ->
                  new SideBySide(workers, 1)
                      .run(
                          2,
                          new CancellationToken(),
                          (index, token) -> {
                            throw Rethrown.asItIs(failure);
                          }));
      assertSame(failure, thrown);
    }
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void cancelledRunBeginsNothingMore() {
    for (int workers : new int[] {1, 2}) {
      CancellationToken run = new CancellationToken();
      Set<Integer> begun = ConcurrentHashMap.newKeySet();
      assertThrows(
          RunCancelledException.class,
          () ->
              new SideBySide(workers, 1)
                  .run(
                      100,
                      run,
                      (index, token) -> {
                        token.throwIfCancelled();
                        begun.add(index);
                        run.cancel();
                      }));
      assertTrue(begun.size() <= workers, begun.toString());
      assertEquals(
          IntStream.range(0, begun.size()).boxed().toList(), begun.stream().sorted().toList());
    }
  }
}
