package org.potstill.kernels;

import org.junit.jupiter.api.BeforeAll;

/**
 * The binding and the kernels behind it, executed on the host as in {@link CudaKernelsHostTest}.
 */
class ResamplingCudaHostTest extends ResamplingOracleCases {

  @BeforeAll
  static void loadTheHostExecution() {
    CudaKernelsHostTest.loadTheHostExecution();
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
