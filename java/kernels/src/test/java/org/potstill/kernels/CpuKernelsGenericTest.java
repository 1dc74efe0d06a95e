package org.potstill.kernels;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import org.junit.jupiter.api.BeforeEach;

class CpuKernelsGenericTest extends OracleCases {

  private final Kernels kernels = new CpuKernels(2, CpuLevel.GENERIC);

  @BeforeEach
  void needsTheLevel() {
    assumeTrue(kernels.isAvailable(), kernels::unavailabilityCause);
  }

  @Override
  Kernels kernels() {
    return kernels;
  }

  @Override
  Kernels withThreads(int threads) {
    return new CpuKernels(1, CpuLevel.GENERIC).withThreads(threads);
  }
}
