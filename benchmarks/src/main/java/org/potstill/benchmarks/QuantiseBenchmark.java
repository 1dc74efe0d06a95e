package org.potstill.benchmarks;

/** JMH over {@link QuantiseCase}. */
public class QuantiseBenchmark extends OperationBenchmark {
  @Override
  KernelCase newCase() {
    return new QuantiseCase();
  }
}
