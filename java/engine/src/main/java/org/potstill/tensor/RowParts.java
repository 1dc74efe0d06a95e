package org.potstill.tensor;

import org.potstill.errors.RunFailedException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Rows that do not know each other, worked on in parts that fit the memory of a GPU: a part for
 * which it is full is halved, and so are those that follow, also in later calls. Whenever that
 * happens one line of the log says so. Where something beside LibTorch's allocator wanted the
 * memory, the part is first tried again with that allocator's cache emptied; so are {@link #whole
 * rows that know each other}.
 *
 * <p>May be used by several threads at once.
 */
public final class RowParts {

  private static final Logger LOG = LoggerFactory.getLogger(RowParts.class);

  private static final String SIZE = "data.resolution";

  private final String stage;
  private final String hint;
  private final String advice;
  private final Runnable emptyCache;
  private int most = Integer.MAX_VALUE;

  /**
   * Parts of a stage's rows.
   *
   * @param stage for messages
   * @param key of the configuration that sets how many rows there are
   */
  public RowParts(String stage, String key) {
    this(stage, key, GpuMemory::emptyCache);
  }

  /** The same where {@code emptyCache} empties the cache of LibTorch's allocator. */
  RowParts(String stage, String key, Runnable emptyCache) {
    // A row may be too large, and the rows may not be the only ones to fill the memory.
    this(
        stage,
        "; lower " + key,
        GpuMemory.lower(key.equals(SIZE) ? SIZE : key + " or " + SIZE),
        emptyCache);
  }

  private RowParts(String stage, String hint, String advice, Runnable emptyCache) {
    this.stage = stage;
    this.hint = hint;
    this.advice = advice;
    this.emptyCache = emptyCache;
  }

  /**
   * Parts of the rows of something that has no configuration.
   *
   * @param command for messages
   * @param advice what to do where a single row does not fit
   */
  public static RowParts ofCommand(String command, String advice) {
    return new RowParts(command, "", advice, GpuMemory::emptyCache);
  }

  /**
   * Works on the rows from {@code from} to {@code to - 1}. Where it fails it may be called again
   * for some of them, so it must not have added to anything by then.
   */
  @FunctionalInterface
  public interface Part {
    void run(int from, int to);
  }

  /**
   * {@code count} rows, {@code atOnce} at a time, without making parts smaller: for rows within a
   * part of others, which shrink first.
   */
  public static void each(int count, int atOnce, Part part) {
    for (int from = 0; from < count; from += atOnce) {
      part.run(from, Math.min(count, from + atOnce));
    }
  }

  /** All of {@code count} rows at once, in parts where they do not fit. */
  public void run(int count, Part part) {
    run(count, Math.max(1, count), part);
  }

  /**
   * {@code count} rows, at most {@code atOnce} at a time, fewer where they do not fit.
   *
   * @param atOnce at least 1
   * @throws RunFailedException where a single row does not fit; says how much was wanted and free
   */
  public void run(int count, int atOnce, Part part) {
    int limit = Math.min(atOnce, most());
    String shrunk = null;
    int done = 0;
    do {
      int from = done;
      int to = Math.min(count, from + limit);
      try {
        whole(() -> part.run(from, to));
        done = to;
      } catch (RuntimeException e) {
        if (!GpuMemory.isFull(e)) {
          throw e;
        }
        if (to - from <= 1) {
          throw GpuMemory.failure(stage, advice, e);
        }
        limit = (to - from + 1) / 2;
        shrunk = GpuMemory.words(e);
      }
    } while (done < count);
    if (shrunk != null) {
      lower(limit);
      LOG.info("{}: {}, rows are taken {} at a time{}", stage, shrunk, limit, hint);
    }
  }

  /**
   * Works on rows that must not be parted, at most twice: again where something beside LibTorch's
   * allocator found no memory, with that allocator's cache emptied. What does not fit then is the
   * caller's to explain.
   *
   * @param work must give the memory it took back where it fails, and not have added to anything
   */
  public void whole(Runnable work) {
    try {
      work.run();
    } catch (RuntimeException e) {
      if (!GpuMemory.isFull(e) || !GpuMemory.isBesideAllocator(e)) {
        throw e;
      }
      LOG.info("{}: {}, LibTorch's cache is given back", stage, GpuMemory.words(e));
      emptyCache.run();
      work.run();
    }
  }

  private synchronized int most() {
    return most;
  }

  private synchronized void lower(int limit) {
    most = Math.min(most, limit);
  }
}
