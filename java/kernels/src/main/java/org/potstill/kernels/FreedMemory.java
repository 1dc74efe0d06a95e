package org.potstill.kernels;

import java.util.Map;
import java.util.Set;

/**
 * What the C library does with native memory that was freed, in the whole process. By itself glibc
 * gives much of it back to the system and asks for it again: a training step then waits for the
 * system to clear the pages of its maps, for up to a third of its time.
 */
public final class FreedMemory {

  /** Environment variables by which people say themselves what malloc does. */
  private static final Set<String> OWN_CHOICES =
      Set.of("MALLOC_TRIM_THRESHOLD_", "MALLOC_TOP_PAD_", "MALLOC_MMAP_THRESHOLD_");

  private static boolean kept;

  private FreedMemory() {}

  /**
   * Has it kept for what is allocated next, in this process from now on; does nothing where the
   * environment says what malloc does, where the C library is not glibc or the kernels for the CPU
   * cannot be loaded.
   *
   * @return whether it is kept
   */
  public static synchronized boolean keep() {
    if (!kept && isLeftToUs(System.getenv()) && NativeLibrary.CPU.load().isEmpty()) {
      kept = NativeKernels.potstill_keep_freed_memory() == 1;
    }
    return kept;
  }

  /** Whether nobody has said how. */
  static boolean isLeftToUs(Map<String, String> environment) {
    return OWN_CHOICES.stream().noneMatch(environment::containsKey)
        && !environment.getOrDefault("GLIBC_TUNABLES", "").contains("glibc.malloc.");
  }

  /** Gives what is kept back to the system, where it is kept by {@link #keep}. */
  public static synchronized void giveBack() {
    if (kept) {
      NativeKernels.potstill_give_back_memory();
    }
  }
}
