package org.potstill.tensor;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.util.function.Supplier;

/**
 * Memory that a place has, free or taken: what is shared out by it stays the same when a run is
 * repeated, however busy the machine is.
 */
public final class TotalMemory {

  private TotalMemory() {}

  /** Bytes of the machine (or the container), or of a GPU. */
  public static long bytes(Placement placement) {
    return bytes(placement, GpuRuntime::require);
  }

  /** The same where {@code runtime} tells of GPUs. */
  static long bytes(Placement placement, Supplier<GpuRuntime> runtime) {
    return placement.isCpu()
        ? ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getTotalMemorySize()
        : runtime.get().memory(placement.index());
  }
}
