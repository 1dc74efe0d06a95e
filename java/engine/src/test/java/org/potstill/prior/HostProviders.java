package org.potstill.prior;

import java.util.List;
import java.util.stream.Stream;
import org.potstill.kernels.Kernels;
import org.potstill.tensor.EngineKernels;

/** Every provider of kernels for host memory; each must meet the fixtures' tolerances. */
public final class HostProviders {

  private HostProviders() {}

  /** The plain Java one, and the native one on two threads. */
  public static List<Kernels> all() {
    return Stream.of("java", "cpu").map(name -> EngineKernels.byName(name, 2)).toList();
  }
}
