package org.potstill.kernels;

import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;

/** Resampling on a GPU. */
@Tag("gpu")
class ResamplingCudaTest extends ResamplingOracleCases {

  @BeforeAll
  static void needsAGpu() {
    CudaKernelsTest.needsAGpu();
  }

  @Override
  Kernels kernels() {
    return new DeviceCopies(new CudaKernels(CudaQueue.ofDevice(0)));
  }

  /** A GPU has no thread count: what must agree are two calls. */
  @Override
  Kernels withThreads(int threads) {
    return kernels();
  }
}
