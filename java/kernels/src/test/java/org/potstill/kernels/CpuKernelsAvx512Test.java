package org.potstill.kernels;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import org.junit.jupiter.api.BeforeEach;

class CpuKernelsAvx512Test extends OracleCases {

  private final Kernels kernels = new CpuKernels(2, CpuLevel.AVX512);

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
    return new CpuKernels(1, CpuLevel.AVX512).withThreads(threads);
  }
}
