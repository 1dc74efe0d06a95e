package org.potstill.benchmarks;

/** An operation that has kernels for the CPU alone; on a GPU LibTorch's operators serve. */
interface HostCase extends KernelCase {

  @Override
  default boolean runsOnGpu() {
    return false;
  }

  /** There is nothing that could be faster or slower. */
  @Override
  default double targetOnGpu() {
    return 1;
  }
}
