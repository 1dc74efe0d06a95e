package org.potstill.data;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.potstill.errors.RunCancelledException;

/**
 * Hands out images to workers and whole batches to the consumer, in order, never more than a fixed
 * number of batches ahead of it.
 */
final class BatchQueue {

  /** A run of slots of one batch that one worker fills. */
  record Work(PendingBatch batch, int from, int to) {}

  private final List<ImageRecord> records;
  private final ImageTransform transform;
  private final int batchSize;
  private final int ahead;
  private final int chunk;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition room = lock.newCondition();
  private final Condition ready = lock.newCondition();
  private final Deque<PendingBatch> pending = new ArrayDeque<>();
  private int claimed;
  private int delivered;
  private boolean closed;
  private Throwable failure;

  BatchQueue(
      List<ImageRecord> records, ImageTransform transform, int batchSize, int ahead, int chunk) {
    this.records = List.copyOf(records);
    this.transform = transform;
    this.batchSize = batchSize;
    this.ahead = ahead;
    this.chunk = chunk;
  }

  /** The next images to decode, or null where there are none left; waits for room. */
  Work claim() {
    lock.lock();
    try {
      while (!closed && claimed < records.size() && claimed / batchSize >= delivered + ahead) {
        room.awaitUninterruptibly();
      }
      if (closed || claimed >= records.size()) {
        return null;
      }
      int slot = claimed % batchSize;
      if (slot == 0) {
        int end = Math.min(claimed + batchSize, records.size());
        pending.addLast(new PendingBatch(records.subList(claimed, end), transform));
      }
      PendingBatch batch = pending.getLast();
      int to = Math.min(slot + chunk, batch.size());
      claimed += to - slot;
      return new Work(batch, slot, to);
    } finally {
      lock.unlock();
    }
  }

  void done(Work work) {
    lock.lock();
    try {
      work.batch().missing -= work.to() - work.from();
      ready.signal();
    } finally {
      lock.unlock();
    }
  }

  /** Ends the work of all; the consumer gets the first failure. */
  void fail(Throwable error) {
    lock.lock();
    try {
      if (failure == null) {
        failure = error;
      }
      closed = true;
      ready.signal();
      room.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /**
   * The next batch once all of it is filled, or null after the last one.
   *
   * @throws WorkerFailure where a worker failed
   * @throws RunCancelledException where the thread is interrupted
   */
  PendingBatch take() throws WorkerFailure {
    lock.lock();
    try {
      while (failure == null && !headIsReady()) {
        if (delivered * (long) batchSize >= records.size()) {
          return null;
        }
        ready.await();
      }
      if (failure != null) {
        throw new WorkerFailure(failure);
      }
      delivered++;
      room.signalAll();
      return pending.removeFirst();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new RunCancelledException("interrupted while images were read");
    } finally {
      lock.unlock();
    }
  }

  private boolean headIsReady() {
    return !pending.isEmpty() && pending.getFirst().missing == 0;
  }

  /** Makes workers end after the image at hand. */
  void stop() {
    lock.lock();
    try {
      closed = true;
      room.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** The batches that nobody took; to be called when no worker runs any more. */
  List<PendingBatch> leftover() {
    List<PendingBatch> batches = new ArrayList<>(pending);
    pending.clear();
    return batches;
  }

  /** Something that is no fault of an image went wrong in a worker. */
  static final class WorkerFailure extends Exception {

    private static final long serialVersionUID = 1;

    WorkerFailure(Throwable cause) {
      super(cause);
    }
  }
}
