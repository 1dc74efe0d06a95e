package org.potstill.tensor;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Context;
import org.bytedeco.pytorch.global.torch;
import org.potstill.errors.InputException;

/**
 * A run, or another piece of work, that computes on a GPU. LibTorch's TF32 and its determinism are
 * switches of the process, so that runs of one process may go on at once only where they agree on
 * the second and none uses the first.
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
   * Begins, with single precision that is single precision; nothing is asked on the CPU.
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
        if (TENANTS.isEmpty()) {
          leaveTf32();
        }
        TENANTS.add(tenant);
      }
    }
    return tenant;
  }

  /** LibTorch lets convolutions compute in TF32 by itself. */
  private static void leaveTf32() {
    LibTorch.load();
    try (Context context = torch.globalContext()) {
      context.setAllowTF32CuDNN(false);
      context.setAllowTF32CuBLAS(false);
    }
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
