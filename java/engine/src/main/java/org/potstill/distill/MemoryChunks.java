package org.potstill.distill;

import org.potstill.tensor.Placement;
import org.potstill.tensor.TotalMemory;

/** How many images go through a generator at a time. */
final class MemoryChunks {

  private MemoryChunks() {}

  /**
   * As many as were asked for, as far as they fit half of the memory. It is the size of the memory
   * that counts, not what is free: a run gives the same bits when it is repeated.
   *
   * @param bytes of memory that an image needs
   * @param placement where the generator computes
   * @return at least 1
   */
  static int images(int asked, long bytes, Placement placement) {
    return images(asked, bytes, TotalMemory.bytes(placement));
  }

  /** As {@link #images(int, long, Placement)} where there are so many bytes of memory. */
  static int images(int asked, long bytes, long memory) {
    return (int) Math.max(1, Math.min(asked, memory / 2 / Math.max(1, bytes)));
  }
}
