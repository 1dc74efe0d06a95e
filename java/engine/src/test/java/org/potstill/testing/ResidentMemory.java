package org.potstill.testing;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.function.IntConsumer;
import org.bytedeco.javacpp.Pointer;

/**
 * Whether a step that is repeated loses native memory. A test that asks has the tag {@code memory}:
 * the build runs those in a process whose allocator gives back at once what is freed and whose heap
 * does not grow. Elsewhere both keep tens of megabytes for later.
 */
public final class ResidentMemory {

  /** The Java compiler, threads and the pages of small blocks take about 5 MB. */
  private static final long ALLOWED = 16L << 20;

  private ResidentMemory() {}

  /**
   * Runs {@code step} {@code warm} times and then {@code more} times, each with its number from 0,
   * and fails if the process is more than 16 MB larger at the end than in between.
   */
  public static void assertFlat(int warm, int more, IntConsumer step) {
    for (int i = 0; i < warm; i++) {
      step.accept(i);
    }
    long before = bytes();
    for (int i = warm; i < warm + more; i++) {
      step.accept(i);
    }
    long growth = bytes() - before;
    assertTrue(growth < ALLOWED, "grew by " + growth + " bytes from " + before);
  }

  /** After a collection: unreachable pointers still hold native memory. */
  private static long bytes() {
    System.gc();
    return Pointer.physicalBytes();
  }
}
