package org.potstill.benchmarks;

import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import org.potstill.kernels.Kernels;
import org.potstill.tensor.EngineKernels;
import org.potstill.tensor.LibTorch;

/** Times one way of computing a {@link KernelCase}, checked before it is timed. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(
    value = 2,
    jvmArgsAppend = {"-Xms1g", "-Xmx1g"})
public abstract class OperationBenchmark {

  /** {@code libtorch}, or a kernel provider, which must then be available. */
  @Param({"libtorch", "cpu"})
  public String provider = "cpu";

  private Runnable computation;
  private LibTorch.ThreadSettings threads;

  /** The operation and its data. */
  abstract KernelCase newCase();

  /** Builds the data, asserts the provider and checks its result. */
  @Setup
  public void prepare() {
    threads = LibTorch.withThreads(KernelCase.THREADS);
    KernelCase operation = newCase();
    if (provider.equals("libtorch")) {
      computation = operation::libtorch;
      return;
    }
    Kernels kernels = EngineKernels.byName(provider, KernelCase.THREADS);
    if (!kernels.name().equals(provider)) {
      throw new IllegalStateException("asked for " + provider + ", got " + kernels.name());
    }
    operation.check(kernels);
    computation = () -> operation.ours(kernels);
  }

  /** Restores the thread counts. */
  @TearDown
  public void restore() {
    threads.close();
  }

  /** Computes once. */
  @Benchmark
  public void compute() {
    computation.run();
  }
}
