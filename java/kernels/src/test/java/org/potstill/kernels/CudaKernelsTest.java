package org.potstill.kernels;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;

/** The kernels on a GPU. */
@Tag("gpu")
class CudaKernelsTest extends CudaCases {

  @BeforeAll
  static void needsAGpu() {
    Kernels kernels = new CudaKernels(CudaQueue.ofDevice(0));
    assumeTrue(kernels.isAvailable(), kernels::unavailabilityCause);
  }
}
