/**
 * Benchmarks of the kernels against LibTorch's own operators on the same data.
 *
 * <p>A {@link org.potstill.benchmarks.KernelCase} holds the data and both ways of computing; the
 * {@code *Benchmark} classes time one way at a time with JMH, {@link
 * org.potstill.benchmarks.KernelRatioGuard} times both in turns and fails below a target.
 */
package org.potstill.benchmarks;
