package org.potstill.kernels;

class JavaKernelsTest extends KernelCases {
  @Override
  Kernels kernels() {
    return new JavaKernels();
  }
}
