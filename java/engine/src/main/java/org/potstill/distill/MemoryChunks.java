package org.potstill.distill;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;

/** How many images go through a generator at a time. */
final class MemoryChunks {

  private MemoryChunks() {}

  /**
   * As many as were asked for, as far as they fit half of the machine's (or the container's)
   * memory. It is the size of the memory that counts, not what is free: a run gives the same bits
   * when it is repeated.
   *
   * @param bytes of native memory that an image needs
   * @return at least 1
   */
  static int images(int asked, long bytes) {
    return images(
        asked,
        bytes,
        ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getTotalMemorySize());
  }

  /** As {@link #images(int, long)} on a machine with so many bytes of memory. */
  static int images(int asked, long bytes, long memory) {
    return (int) Math.max(1, Math.min(asked, memory / 2 / Math.max(1, bytes)));
  }
}
