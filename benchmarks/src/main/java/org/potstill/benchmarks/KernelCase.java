package org.potstill.benchmarks;

import org.potstill.kernels.Kernels;

/** One operation on fixed data, computed by a kernel provider or by LibTorch. */
interface KernelCase {

  /** Threads that both sides use. */
  int THREADS = 2;

  /** What is computed, with its sizes. */
  String name();

  /** How many times faster than LibTorch on the CPU the native kernels must be. */
  double target();

  /** How many times faster than LibTorch on the same GPU the CUDA kernels must be. */
  double targetOnGpu();

  /** Whether there are CUDA kernels for it. */
  default boolean runsOnGpu() {
    return true;
  }

  /** Bytes that the kernel must at least move between memory and the cores. */
  long bytes();

  /** Computes with the kernels, into buffers that the case owns. */
  void ours(Kernels kernels);

  /** Computes with LibTorch's operators. */
  void libtorch();

  /**
   * Compares the two results.
   *
   * @throws IllegalStateException where they differ beyond rounding
   */
  void check(Kernels kernels);
}
