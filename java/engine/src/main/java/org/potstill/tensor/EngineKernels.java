package org.potstill.tensor;

import org.potstill.errors.InputException;
import org.potstill.kernels.FreedMemory;
import org.potstill.kernels.KernelProviders;
import org.potstill.kernels.KernelUnavailableException;
import org.potstill.kernels.Kernels;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The kernels inside the engine: loaded after LibTorch, so that the process holds one OpenMP
 * runtime, LibTorch's.
 */
public final class EngineKernels {

  private static final Logger LOG = LoggerFactory.getLogger(EngineKernels.class);

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
    FreedMemory.keep();
    int count = threads > 0 ? threads : Runtime.getRuntime().availableProcessors();
    try {
      return LoadLock.whileLoading(() -> KernelProviders.byName(name, count));
    } catch (KernelUnavailableException e) {
      throw new InputException("run.kernels: " + e.getMessage(), e);
    }
  }

  /**
   * The kernel provider of the given name for tensors at {@code placement}. On a GPU {@code auto}
   * takes the CUDA kernels; where they cannot run, those of the host, to which {@link
   * TensorKernels} copies tensors, and one line of the log says so.
   *
   * @throws InputException where the name is unknown or the provider cannot run here
   */
  public static Kernels byName(String name, int threads, Placement placement) {
    boolean wanted = name.equals(KernelProviders.AUTO) || name.equals(KernelProviders.CUDA);
    if (placement.isCpu() || !wanted) {
      return byName(name, threads);
    }
    try {
      Kernels kernels = KernelProviders.onGpu(new TorchQueue(GpuRuntime.require(), placement));
      LOG.info("kernels: cuda, on the tensors of {}", placement);
      return kernels;
    } catch (KernelUnavailableException e) {
      if (name.equals(KernelProviders.CUDA)) {
        throw new InputException("run.kernels: " + e.getMessage(), e);
      }
      LOG.info(
          "tensors of {} are copied to the host for the kernels: {}", placement, e.getMessage());
      return byName(name, threads);
    }
  }
}
