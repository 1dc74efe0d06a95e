package org.potstill.kernels;

import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Chooses the provider of {@link Kernels} by name: for buffers in host memory, or for those in the
 * memory of a GPU.
 */
public final class KernelProviders {

  /** The name that takes the fastest provider available. */
  public static final String AUTO = "auto";

  /** The name of the provider for buffers in the memory of a GPU. */
  public static final String CUDA = "cuda";

  private static final Logger LOG = LoggerFactory.getLogger(KernelProviders.class);

  private KernelProviders() {}

  /**
   * Every provider for buffers in host memory, fastest first, available or not.
   *
   * @param threads threads that a call may use, at least 1
   */
  public static List<Kernels> all(int threads) {
    return List.of(new CpuKernels(threads), new JavaKernels());
  }

  /**
   * The provider of the given name for buffers in host memory; {@code auto} takes the fastest that
   * is available and logs one line that says which and why.
   *
   * @param name {@code auto}, {@code java} or {@code cpu}
   * @param threads threads that a call may use, at least 1
   * @throws KernelUnavailableException where the name is unknown or its provider cannot run here
   */
  public static Kernels byName(String name, int threads) {
    List<Kernels> providers = all(threads);
    if (name.equals(AUTO)) {
      return fastest(providers);
    }
    if (name.equals(CUDA)) {
      onGpu(CudaQueue.ofDevice(0));
      throw new KernelUnavailableException(
          "kernel provider 'cuda' works in the memory of a GPU, and this is host memory");
    }
    for (Kernels kernels : providers) {
      if (kernels.name().equals(name)) {
        return available(kernels);
      }
    }
    throw new KernelUnavailableException(
        "no kernel provider is named '"
            + name
            + "'; there are auto, cuda, "
            + String.join(", ", providers.stream().map(Kernels::name).toList()));
  }

  /**
   * The provider for buffers in the memory of a GPU.
   *
   * @throws KernelUnavailableException where it cannot run on the device of {@code queue}
   */
  public static Kernels onGpu(CudaQueue queue) {
    return available(new CudaKernels(queue));
  }

  private static Kernels available(Kernels kernels) {
    if (!kernels.isAvailable()) {
      throw new KernelUnavailableException(
          "kernel provider '"
              + kernels.name()
              + "' is unavailable: "
              + kernels.unavailabilityCause());
    }
    return kernels;
  }

  private static Kernels fastest(List<Kernels> providers) {
    List<String> reasons = new ArrayList<>();
    for (Kernels kernels : providers) {
      if (kernels.isAvailable()) {
        LOG.info("kernels: {}{}, {}", kernels.name(), detail(kernels), why(reasons));
        return kernels;
      }
      reasons.add(kernels.name() + " is not: " + kernels.unavailabilityCause());
    }
    throw new IllegalStateException("the Java provider is always available");
  }

  private static String detail(Kernels kernels) {
    return kernels instanceof CpuKernels cpu
        ? " (" + cpu.level() + ", threads " + cpu.threads() + ")"
        : "";
  }

  private static String why(List<String> reasons) {
    return "the fastest available" + (reasons.isEmpty() ? "" : "; " + String.join("; ", reasons));
  }
}
