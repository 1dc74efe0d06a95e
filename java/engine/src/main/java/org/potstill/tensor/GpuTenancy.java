package org.potstill.tensor;

import java.util.ArrayList;
import java.util.List;
import org.potstill.errors.InputException;

/**
 * A run that computes on a GPU. LibTorch's TF32 and its determinism are switches of the process, so
 * that runs of one process may go on at once only where they agree on the second and none uses the
 * first.
 */
public final class GpuTenancy implements AutoCloseable {

  private static final List<GpuTenancy> TENANTS = new ArrayList<>();

  private final boolean deterministic;
  private final boolean tf32;

  private GpuTenancy(boolean deterministic, boolean tf32) {
    this.deterministic = deterministic;
    this.tf32 = tf32;
  }

  /**
   * Begins; nothing is asked on the CPU.
   *
   * @param deterministic whether the run asks for the same bits
   * @param tf32 whether a stage of it may compute in TF32
   * @throws InputException where another run of this process does not go with it
   */
  public static GpuTenancy begin(Placement place, boolean deterministic, boolean tf32) {
    GpuTenancy tenant = new GpuTenancy(deterministic, tf32);
    if (!place.isCpu()) {
      synchronized (TENANTS) {
        for (GpuTenancy other : TENANTS) {
          requireTogether(other, tenant);
        }
        TENANTS.add(tenant);
      }
    }
    return tenant;
  }

  private static void requireTogether(GpuTenancy one, GpuTenancy other) {
    String key = null;
    if (one.deterministic != other.deterministic) {
      key = "run.deterministic";
    } else if (one.tf32 || other.tf32) {
      key = "a precision of tf32";
    }
    if (key != null) {
      throw new InputException(
          key
              + " holds for all that a process computes on a GPU, and another run of this process"
              + " is computing there; wait for its end, or run in a process of its own");
    }
  }

  @Override
  public void close() {
    synchronized (TENANTS) {
      TENANTS.remove(this);
    }
  }
}
