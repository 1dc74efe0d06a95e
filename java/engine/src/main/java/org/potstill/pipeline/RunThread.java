package org.potstill.pipeline;

import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.potstill.errors.Rethrown;
import org.potstill.run.CancellationToken;
import org.potstill.run.HostRequirements;

/**
 * Work on a thread that nobody else can interrupt. An interrupt closes whatever file is being
 * written or read at that moment; so that of the caller only asks the work to stop where nothing is
 * lost.
 */
public final class RunThread {

  /** Tells the threads of runs in one program apart. */
  private static final AtomicInteger STARTED = new AtomicInteger();

  private RunThread() {}

  /**
   * Does {@code work} and waits for it, also where the calling thread is interrupted, which then
   * stays so.
   *
   * @param cancellation stops the work, and stays as it is where the calling thread is interrupted:
   *     the caller may use it again
   * @param work is given the token that also an interrupt cancels
   * @return what the work returns; what it throws is thrown here
   */
  public static <T> T call(CancellationToken cancellation, Function<CancellationToken, T> work) {
    HostRequirements.require();
    CancellationToken own = cancellation.child();
    FutureTask<T> task = new FutureTask<>(() -> work.apply(own));
    Thread thread = new Thread(task, "potstill-run-" + STARTED.incrementAndGet());
    thread.start();
    boolean interrupted = false;
    try {
      while (true) {
        try {
          return task.get();
        } catch (InterruptedException e) {
          interrupted = true;
          own.cancel();
        }
      }
    } catch (ExecutionException e) {
      throw Rethrown.asItIs(e.getCause());
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
