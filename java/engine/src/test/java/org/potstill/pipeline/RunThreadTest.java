package org.potstill.pipeline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.potstill.errors.InputException;
import org.potstill.errors.Rethrown;
import org.potstill.run.AtomicFiles;
import org.potstill.run.CancellationToken;

class RunThreadTest {

  @TempDir Path folder;

  @Test
  void resultsAndErrorsComeThrough() {
    Thread caller = Thread.currentThread();
    CancellationToken token = new CancellationToken();
    Thread worker = RunThread.call(token, own -> Thread.currentThread());
    assertNotSame(caller, worker);
    String next = RunThread.call(token, own -> Thread.currentThread().getName());
    assertNotEquals(worker.getName(), next);
    assertTrue(next.matches("potstill-run-\\d+"), next);
    InputException wrong = new InputException("wrong");
    Error broken = new AssertionError("broken");
    assertSame(
        wrong,
        assertThrows(
            InputException.class,
            () ->
                RunThread.call(
                    token,
                    own -> {
                      throw wrong;
                    })));
    assertSame(
        broken,
        assertThrows(
            AssertionError.class,
            () ->
                RunThread.call(
                    token,
                    own -> {
                      throw broken;
                    })));
    IOException checked = new IOException("from Kotlin");
    assertSame(
        checked,
        assertThrows(
            IOException.class,
            () ->
                RunThread.call(
                    token,
                    own -> {
                      throw Rethrown.asItIs(checked);
                    })));
    assertFalse(token.isCancelled());
    assertFalse(Thread.interrupted());
  }

  @Test
  void cancellationByTheCallerIsHeard() {
    CancellationToken token = new CancellationToken();
    token.cancel();
    assertTrue(RunThread.call(token, CancellationToken::isCancelled));
  }

  /** Written by the thread that is interrupted, a file would be closed on the way. */
  @Test
  void interruptOfTheCallerAsksToStopAndHarmsNoFile() throws Exception {
    CancellationToken token = new CancellationToken();
    CountDownLatch working = new CountDownLatch(1);
    Path file = folder.resolve("file");
    int[] written = new int[1];
    boolean[] still = new boolean[1];
    Thread caller =
        new Thread(
            () -> {
              written[0] =
                  RunThread.call(
                      token,
                      own -> {
                        int count = 0;
                        do {
                          AtomicFiles.writeString(file, "number " + count++);
                          working.countDown();
                        } while (!own.isCancelled());
                        // The checkpoint of a run that stops.
                        AtomicFiles.writeString(file, "last");
                        return count;
                      });
              still[0] = Thread.currentThread().isInterrupted();
            });
    caller.start();
    working.await();
    caller.interrupt();
    caller.join();
    assertTrue(written[0] > 0);
    assertTrue(still[0]);
    assertEquals("last", Files.readString(file));
    assertFalse(token.isCancelled());
    assertFalse(RunThread.call(token, CancellationToken::isCancelled));
  }
}
