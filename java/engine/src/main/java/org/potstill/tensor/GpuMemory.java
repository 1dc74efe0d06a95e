package org.potstill.tensor;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.potstill.errors.RunFailedException;

/** What is done where the memory of a GPU is full. */
public final class GpuMemory {

  private static final String FULL = "CUDA out of memory";
  private static final Pattern WANTED = Pattern.compile("Tried to allocate ([0-9.]+ \\w+)");
  private static final Pattern FREE = Pattern.compile("of which ([0-9.]+ \\w+) is free");

  private GpuMemory() {}

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

  static RunFailedException failure(String stage, String key, RuntimeException error) {
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
