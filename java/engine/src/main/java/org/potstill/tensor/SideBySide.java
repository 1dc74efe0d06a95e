package org.potstill.tensor;

import java.util.concurrent.atomic.AtomicInteger;
import org.bytedeco.pytorch.global.torch;
import org.potstill.errors.Rethrown;
import org.potstill.errors.RunCancelledException;
import org.potstill.run.CancellationToken;

/**
 * Independent pieces of work (networks to train) on a few threads at once, instead of one after the
 * other on all of them: operators on small tensors share their work badly among threads.
 *
 * <p>LibTorch keeps the number of threads of an operator per calling thread, so that every worker
 * has its own. How many workers there are and how many threads each has follows from the arguments
 * alone, never from how busy the machine is: with the same settings a piece of work gives the same
 * bits whatever runs beside it.
 *
 * @param workers pieces of work at a time, at least 1
 * @param threadsEach threads of LibTorch of each
 */
public record SideBySide(int workers, int threadsEach) {

  /** One piece of work. */
  @FunctionalInterface
  public interface Task {
    /**
     * Does the piece {@code index}.
     *
     * @param cancellation also asks to stop where another piece failed
     */
    void run(int index, CancellationToken cancellation);
  }

  /**
   * As many workers of one thread as there are threads, fewer where there are fewer pieces or the
   * memory does not hold so many; they share the threads evenly.
   *
   * @param threads in all, at least 1
   * @param pieces of work of the whole job, also those that an earlier process did
   * @param bytesEach native memory of one; half of the machine's (or the container's) is taken at
   *     most
   */
  public static SideBySide of(int threads, long pieces, long bytesEach) {
    // The size of the memory, not what is free: a repeated run splits the work in the same way.
    long room = TotalMemory.bytes(Placement.CPU) / 2 / Math.max(1, bytesEach);
    int workers = (int) Math.max(1, Math.min(threads, Math.min(pieces, room)));
    return new SideBySide(workers, Math.max(1, threads / workers));
  }

  /**
   * The same with at most {@code limit} pieces at a time, for memory that is taken now: each keeps
   * its threads, so that its bits stay the same.
   */
  public SideBySide atMost(long limit) {
    return new SideBySide((int) Math.max(1, Math.min(workers, limit)), threadsEach);
  }

  /**
   * How many times as long so many pieces of the same length take as if they filled the last round
   * as well: its workers that have nothing to do do not help the others. At least 1.
   */
  public double stretch(long pieces) {
    long rounds = -Math.floorDiv(-pieces, workers);
    return (double) rounds * workers / pieces;
  }

  /** The same where networks lie at {@code place}: a GPU is busy with one at a time. */
  public SideBySide on(Placement place) {
    return place.isCpu() ? this : atMost(1);
  }

  /**
   * Does the pieces 0 to {@code count - 1}, begun in this order; returns when all have ended.
   *
   * <p>A single worker is the calling thread. The first piece that fails stops the others at their
   * next look at their token, and its error is thrown.
   */
  public void run(int count, CancellationToken cancellation, Task task) {
    LibTorch.load();
    int before = torch.get_num_threads();
    try {
      if (workers == 1) {
        alone(count, cancellation, task);
      } else {
        new Pool(count, cancellation, task).run();
      }
    } finally {
      // What a worker sets is also where threads to come begin.
      torch.set_num_threads(before);
    }
  }

  private void alone(int count, CancellationToken cancellation, Task task) {
    torch.set_num_threads(threadsEach);
    for (int index = 0; index < count; index++) {
      task.run(index, cancellation);
    }
  }

  /** The workers of one call. */
  private final class Pool {

    private final int count;
    private final Task task;
    private final CancellationToken cancellation;
    private final AtomicInteger next = new AtomicInteger();
    private Throwable failure;

    Pool(int count, CancellationToken cancellation, Task task) {
      this.count = count;
      this.task = task;
      this.cancellation = cancellation.child();
    }

    void run() {
      Thread[] threads = new Thread[Math.min(workers, count)];
      for (int i = 0; i < threads.length; i++) {
        threads[i] = new Thread(this::work, "potstill-worker-" + i);
        threads[i].start();
      }
      boolean interrupted = false;
      for (Thread thread : threads) {
        interrupted |= join(thread);
      }
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
      throwFailure();
    }

    /** Waits until the thread has ended: native code must not go on behind the caller's back. */
    private boolean join(Thread thread) {
      boolean interrupted = false;
      while (true) {
        try {
          thread.join();
          return interrupted;
        } catch (InterruptedException e) {
          interrupted = true;
          cancellation.cancel();
        }
      }
    }

    private void work() {
      try {
        useOwnThreads();
        for (int index = next.getAndIncrement(); index < count; index = next.getAndIncrement()) {
          cancellation.throwIfCancelled();
          task.run(index, cancellation);
        }
      } catch (Throwable e) { // Whatever it is: a piece that is not done must not go unnoticed.
        fail(e);
      }
    }

    private void useOwnThreads() {
      // A thread's first look at its count replaces it by what was last set on any, be it by
      // another run of the process: so the first look comes before the count is set.
      torch.get_num_threads();
      torch.set_num_threads(threadsEach);
    }

    private synchronized void fail(Throwable error) {
      // Those that stop because another failed must not hide why.
      boolean first = failure == null;
      if (first || failure instanceof RunCancelledException) {
        failure = first || !(error instanceof RunCancelledException) ? error : failure;
      }
      cancellation.cancel();
    }

    private synchronized void throwFailure() {
      if (failure != null) {
        throw Rethrown.asItIs(failure);
      }
    }
  }
}
