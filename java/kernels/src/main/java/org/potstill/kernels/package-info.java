/**
 * The hot operations of the pipeline behind one interface, {@link org.potstill.kernels.Kernels}.
 *
 * <p>Reads and writes plain native buffers (JavaCPP pointers), knows nothing of LibTorch. Three
 * providers answer the interface: {@code JavaKernels} (plain Java, double accumulation: the
 * oracle), {@code CpuKernels} (AVX2 or AVX-512 chosen at run time, OpenMP) and {@code CudaKernels}.
 */
package org.potstill.kernels;
