package org.potstill.tensor;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.potstill.errors.RunFailedException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What is done where the memory of a GPU is full. */
public final class GpuMemory {

  private static final Logger LOG = LoggerFactory.getLogger(GpuMemory.class);
  private static final String FULL = "CUDA out of memory";
  private static final Pattern WANTED = Pattern.compile("Tried to allocate ([0-9.]+ \\w+)");
  private static final Pattern FREE = Pattern.compile("of which ([0-9.]+ \\w+) is free");

  private GpuMemory() {}

  /**
   * Works on the rows from {@code from} to {@code to - 1}; may be called again for some of them.
   */
  @FunctionalInterface
  public interface Part {
    void run(int from, int to);
  }

  /**
   * Works on {@code count} rows at once; where the memory of the GPU is full, on each half of them,
   * and so on. The log says once a call that rows were split.
   *
   * @param stage for messages
   * @param key of the configuration that sets how many rows there are
   * @throws RunFailedException where a single row does not fit; says how much was wanted and free
   */
  public static void split(String stage, String key, int count, Part part) {
    if (halve(stage, key, 0, count, part)) {
      LOG.info(
          "{}: the memory of the GPU is full, {} rows were split; lower {}", stage, count, key);
    }
  }

  /** Returns whether it had to. */
  private static boolean halve(String stage, String key, int from, int to, Part part) {
    try {
      part.run(from, to);
      return false;
    } catch (RuntimeException e) {
      if (!isFull(e)) {
        throw e;
      }
      if (to - from <= 1) {
        throw failure(stage, key, e);
      }
    }
    int middle = from + (to - from) / 2;
    halve(stage, key, from, middle, part);
    halve(stage, key, middle, to, part);
    return true;
  }

  /**
   * Does {@code work}, and says where the memory of the GPU is full which stage wanted how much.
   *
   * @param key of the configuration to lower
   * @throws RunFailedException where it is
   */
  public static void explain(String stage, String key, Runnable work) {
    try {
      work.run();
    } catch (RuntimeException e) {
      throw isFull(e) ? failure(stage, key, e) : e;
    }
  }

  /** Whether an error of LibTorch says that the memory of a GPU is full. */
  static boolean isFull(RuntimeException error) {
    return String.valueOf(error.getMessage()).contains(FULL)
        && !(error instanceof RunFailedException);
  }

  private static RunFailedException failure(String stage, String key, RuntimeException error) {
    return new RunFailedException(
        String.format(
            "%s: the memory of the GPU is full: %s wanted, %s free; lower %s",
            stage, found(WANTED, error), found(FREE, error), key),
        error);
  }

  private static String found(Pattern pattern, RuntimeException error) {
    Matcher matcher = pattern.matcher(error.getMessage());
    return Optional.of(matcher)
        .filter(Matcher::find)
        .map(m -> m.group(1))
        .orElse("an unknown size");
  }
}
