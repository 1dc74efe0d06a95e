package org.potstill.benchmarks;

/** JMH over {@link SelectCase}. */
public class SelectBenchmark extends OperationBenchmark {
  @Override
  KernelCase newCase() {
    return new SelectCase();
  }
}
