package org.potstill.kernels;

class ResamplingJavaTest extends ResamplingCases {
  @Override
  Kernels kernels() {
    return new JavaKernels();
  }
}
