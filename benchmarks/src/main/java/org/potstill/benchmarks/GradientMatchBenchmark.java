package org.potstill.benchmarks;

/** JMH over {@link GradientMatchCase}. */
public class GradientMatchBenchmark extends OperationBenchmark {
  @Override
  KernelCase newCase() {
    return new GradientMatchCase();
  }
}
