package org.potstill.tensor;

import org.potstill.errors.InputException;
import org.potstill.kernels.KernelProviders;
import org.potstill.kernels.KernelUnavailableException;
import org.potstill.kernels.Kernels;

/**
 * The kernels inside the engine: loaded after LibTorch, so that the process holds one OpenMP
 * runtime, LibTorch's.
 */
public final class EngineKernels {

  private EngineKernels() {}

  /**
   * The kernel provider of the given name.
   *
   * @param name {@code auto}, {@code java}, {@code cpu} or {@code cuda}
   * @param threads threads that a call may use; 0 takes one per core
   * @throws InputException where the name is unknown or the provider cannot run here
   */
  public static Kernels byName(String name, int threads) {
    LibTorch.load();
    int count = threads > 0 ? threads : Runtime.getRuntime().availableProcessors();
    try {
      return KernelProviders.byName(name, count);
    } catch (KernelUnavailableException e) {
      throw new InputException("run.kernels: " + e.getMessage(), e);
    }
  }
}
