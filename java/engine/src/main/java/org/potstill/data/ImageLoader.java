package org.potstill.data;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.function.BiConsumer;
import org.potstill.config.DataConfig.OnBadImage;
import org.potstill.errors.InputException;
import org.potstill.errors.PotstillException;
import org.potstill.errors.RunCancelledException;
import org.potstill.errors.RunFailedException;
import org.potstill.tensor.NativeMemory;

/**
 * Decodes and transforms images on several threads ahead of the consumer and hands them out in
 * order, batch by batch.
 *
 * <p>Memory is bounded: beside the batches that the consumer has not closed there are at most
 * {@link Builder#ahead} more, and one decoded image per thread. All threads end with {@link
 * #close}. To be used by one thread.
 */
public final class ImageLoader implements Iterator<ImageBatch>, AutoCloseable {

  private static final int IN_MEMORY_CHUNK = 64;

  private final Dataset dataset;
  private final OnBadImage policy;
  private final BiConsumer<ImageRecord, String> onBadImage;
  private final BiConsumer<ImageRecord, RawImage> onDecoded;
  private final BatchQueue queue;
  private final List<Thread> workers = new ArrayList<>();
  private ImageBatch upcoming;
  private boolean closed;

  private ImageLoader(Builder builder) {
    NativeMemory.unlimit();
    dataset = builder.dataset;
    policy = builder.policy;
    onBadImage = builder.onBadImage;
    onDecoded = builder.onDecoded;
    int chunk = dataset.inMemory() ? IN_MEMORY_CHUNK : 1;
    queue = new BatchQueue(builder.records, builder.transform, builder.batch, builder.ahead, chunk);
    int threads = dataset.inMemory() ? 1 : Math.min(builder.threads, builder.records.size());
    for (int i = 0; i < threads; i++) {
      Thread worker = new Thread(this::work, "potstill-images-" + i);
      worker.setDaemon(true);
      workers.add(worker);
    }
    workers.forEach(Thread::start);
  }

  /** A loader of the training images of {@code dataset}, unless it is told of others. */
  public static Builder of(Dataset dataset, ImageTransform transform) {
    return new Builder(dataset, transform);
  }

  private void work() {
    try {
      for (BatchQueue.Work work = queue.claim(); work != null; work = queue.claim()) {
        for (int slot = work.from(); slot < work.to(); slot++) {
          fill(work.batch(), slot);
        }
        queue.done(work);
      }
    } catch (Throwable e) { // Also errors: a worker that vanished would leave the consumer waiting.
      queue.fail(e);
    }
  }

  private void fill(PendingBatch batch, int slot) {
    ImageRecord image = batch.record(slot);
    try {
      RawImage decoded = dataset.read(image);
      onDecoded.accept(image, decoded);
      batch.put(slot, decoded);
    } catch (BadImageException e) {
      batch.leaveOut(slot, e.getMessage());
    }
  }

  /**
   * Whether there is another batch; waits until it is decoded.
   *
   * @throws InputException at a bad image, where those are not to be skipped
   * @throws RunFailedException where reading failed for another reason
   * @throws RunCancelledException where the thread is interrupted
   * @throws IllegalStateException where the loader is closed, also by an earlier error
   */
  @Override
  public boolean hasNext() {
    if (upcoming == null) {
      if (closed) {
        throw new IllegalStateException("the loader is closed");
      }
      upcoming = take();
    }
    return upcoming != null;
  }

  /** The next batch, to be closed by the caller; fails as {@link #hasNext} does. */
  @Override
  public ImageBatch next() {
    if (!hasNext()) {
      throw new NoSuchElementException("no more images");
    }
    ImageBatch batch = upcoming;
    upcoming = null;
    return batch;
  }

  private ImageBatch take() {
    try {
      for (PendingBatch batch = queue.take(); batch != null; batch = queue.take()) {
        report(batch);
        ImageBatch finished = batch.finish();
        if (finished.count() > 0) {
          return finished;
        }
        finished.close();
      }
      return null;
    } catch (BatchQueue.WorkerFailure e) {
      close();
      if (e.getCause() instanceof Error error) {
        throw error;
      }
      if (e.getCause() instanceof PotstillException told) {
        throw told;
      }
      throw new RunFailedException("images cannot be read: " + e.getCause(), e.getCause());
    }
  }

  private void report(PendingBatch batch) {
    for (int slot = 0; slot < batch.size(); slot++) {
      String reason = batch.reason(slot);
      if (reason == null) {
        continue;
      }
      try {
        refuse(batch.record(slot), reason);
      } catch (RuntimeException e) {
        batch.close();
        close();
        throw e;
      }
    }
  }

  private void refuse(ImageRecord image, String reason) {
    if (policy == OnBadImage.FAIL) {
      throw refusal(image, reason);
    }
    onBadImage.accept(image, reason);
  }

  /** The error at a bad image where those are not to be skipped. */
  static InputException refusal(ImageRecord image, String reason) {
    return new InputException(
        "image "
            + image.id()
            + " cannot be used: "
            + reason
            + " (mend or remove it, or set data.on-bad-image: skip)");
  }

  /** Ends all threads after the image at hand and gives back what was decoded ahead. */
  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    queue.stop();
    boolean interrupted = false;
    for (Thread worker : workers) {
      interrupted |= joinUninterruptibly(worker);
    }
    queue.leftover().forEach(PendingBatch::close);
    if (upcoming != null) {
      upcoming.close();
      upcoming = null;
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private static boolean joinUninterruptibly(Thread worker) {
    boolean interrupted = false;
    while (worker.isAlive()) {
      try {
        worker.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    return interrupted;
  }

  /** Settings of a loader. */
  public static final class Builder {

    private static final int DEFAULT_BATCH = 64;
    private static final int MOST_THREADS = 16;

    private final Dataset dataset;
    private final ImageTransform transform;
    private List<ImageRecord> records;
    private int batch = DEFAULT_BATCH;
    private int ahead = 2;
    private int threads = Math.min(Runtime.getRuntime().availableProcessors(), MOST_THREADS);
    private OnBadImage policy = OnBadImage.FAIL;
    private BiConsumer<ImageRecord, String> onBadImage = (image, reason) -> {};
    private BiConsumer<ImageRecord, RawImage> onDecoded = (image, decoded) -> {};

    private Builder(Dataset dataset, ImageTransform transform) {
      this.dataset = dataset;
      this.transform = transform;
      records = dataset.training();
    }

    /** The images to load, in this order. */
    public Builder records(List<ImageRecord> images) {
      records = images;
      return this;
    }

    /** Images per batch; the last one may have fewer, as may one with images left out. */
    public Builder batch(int images) {
      batch = requirePositive("batch", images);
      return this;
    }

    /** How many batches may wait for the consumer; 2 where nothing is said. */
    public Builder ahead(int batches) {
      ahead = requirePositive("ahead", batches);
      return this;
    }

    /** Decoding threads; 0 and less keep the number of processors, at most 16. */
    public Builder threads(int count) {
      threads = count > 0 ? count : threads;
      return this;
    }

    /**
     * Leaves bad images out instead of failing.
     *
     * @param policy fail or skip
     * @param listener told of every image left out and the reason, in order, by the thread that
     *     takes the batches, before it gets the batch
     */
    public Builder onBadImage(OnBadImage policy, BiConsumer<ImageRecord, String> listener) {
      this.policy = policy;
      onBadImage = listener;
      return this;
    }

    /**
     * Shows every decoded image before it is transformed, so that nobody needs to decode it twice.
     *
     * @param listener called by the decoding threads, several at a time and in no order; must not
     *     keep the image
     */
    public Builder onDecoded(BiConsumer<ImageRecord, RawImage> listener) {
      onDecoded = listener;
      return this;
    }

    /** Starts decoding. */
    public ImageLoader start() {
      return new ImageLoader(this);
    }

    private static int requirePositive(String name, int value) {
      if (value < 1) {
        throw new IllegalArgumentException(name + " must be at least 1, not " + value);
      }
      return value;
    }
  }
}
