package org.potstill.kernels;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import org.junit.jupiter.api.BeforeEach;

class CpuKernelsAvx2Test extends OracleCases {

  private final Kernels kernels = new CpuKernels(2, CpuLevel.AVX2);

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
    return new CpuKernels(1, CpuLevel.AVX2).withThreads(threads);
  }
}
