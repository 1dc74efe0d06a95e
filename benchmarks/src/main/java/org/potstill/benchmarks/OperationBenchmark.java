package org.potstill.benchmarks;

import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import org.potstill.tensor.LibTorch;
import org.potstill.tensor.Placement;

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

  /** Calls of {@link #kernel} that follow each other without waiting. */
  private static final int QUEUED = 20;

  /** As {@link Provider#of} names it; it must then be available. */
  @Param({"libtorch", "cpu"})
  public String provider = "cpu";

  private Provider chosen;
  private Runnable computation;
  private LibTorch.ThreadSettings threads;

  /** The operation and its data. */
  abstract KernelCase newCase(Placement place);

  /** Builds the data, asserts the provider and checks its result. */
  @Setup
  public void prepare() {
    threads = LibTorch.withThreads(KernelCase.THREADS);
    chosen = Provider.of(provider);
    computation = chosen.computation(newCase(chosen.place()));
  }

  /** Restores the thread counts. */
  @TearDown
  public void restore() {
    chosen.close();
    threads.close();
  }

  /** The time of a call from Java until its result is there. */
  @Benchmark
  public void call() {
    computation.run();
    chosen.await();
  }

  /**
   * The time of a call among others: on a GPU that of the kernels alone where they take longer than
   * they are queued, and where the operation does not hand a number back to the host.
   */
  @Benchmark
  @OperationsPerInvocation(QUEUED)
  public void kernel() {
    for (int i = 0; i < QUEUED; i++) {
      computation.run();
    }
    chosen.await();
  }
}
