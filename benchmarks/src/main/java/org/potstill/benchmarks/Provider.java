package org.potstill.benchmarks;

import org.potstill.kernels.Kernels;
import org.potstill.tensor.Devices;
import org.potstill.tensor.EngineKernels;
import org.potstill.tensor.GpuRuntime;
import org.potstill.tensor.GpuTenancy;
import org.potstill.tensor.LibTorch;
import org.potstill.tensor.Placement;

/**
 * A way of computing a {@link KernelCase}.
 *
 * @param place where its data lie
 * @param kernels that compute; null for LibTorch's operators
 * @param tenancy keeps LibTorch's operators from TF32, as runs are kept
 */
record Provider(Placement place, Kernels kernels, GpuTenancy tenancy) implements AutoCloseable {

  static final String LIBTORCH = "libtorch";
  static final String LIBTORCH_ON_GPU = "libtorch-cuda";
  static final String CPU = "cpu";
  static final String CUDA = "cuda";

  /**
   * The provider of that name.
   *
   * @param name {@code libtorch}, {@code libtorch-cuda}, or a provider of kernels
   * @throws org.potstill.errors.InputException where it cannot run here
   */
  static Provider of(String name) {
    LibTorch.load();
    boolean gpu = name.equals(CUDA) || name.equals(LIBTORCH_ON_GPU);
    Placement place = gpu ? new Devices().choose("cuda", "provider") : Placement.CPU;
    Kernels kernels = null;
    if (!name.equals(LIBTORCH) && !name.equals(LIBTORCH_ON_GPU)) {
      kernels = EngineKernels.byName(name, KernelCase.THREADS, place);
      if (!kernels.name().equals(name)) {
        throw new IllegalStateException("asked for " + name + ", got " + kernels.name());
      }
    }
    return new Provider(place, kernels, GpuTenancy.begin(place, false, false));
  }

  /** What computes {@code operation} once; its result is checked first. */
  Runnable computation(KernelCase operation) {
    if (kernels == null) {
      return operation::libtorch;
    }
    if (!place.isCpu() && !operation.runsOnGpu()) {
      throw new IllegalStateException(
          "there is no CUDA kernel for " + operation.name() + "; leave it out, in JMH by -e");
    }
    operation.check(kernels);
    return () -> operation.ours(kernels);
  }

  /** Waits until all that was begun is computed; nothing to do on the CPU. */
  void await() {
    if (!place.isCpu()) {
      GpuRuntime.find().orElseThrow().synchronise(0);
    }
  }

  @Override
  public void close() {
    tenancy.close();
  }
}
