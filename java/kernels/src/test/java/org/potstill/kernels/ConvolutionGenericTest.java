package org.potstill.kernels;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import org.junit.jupiter.api.BeforeEach;

class ConvolutionGenericTest extends ConvolutionOracleCases {

  @BeforeEach
  void needsTheLevel() {
    assumeTrue(kernels().isAvailable(), kernels()::unavailabilityCause);
  }

  @Override
  Kernels kernels() {
    return withThreads(2);
  }

  @Override
  Kernels withThreads(int threads) {
    return new CpuKernels(1, CpuLevel.GENERIC).withThreads(threads);
  }
}
