package org.potstill.benchmarks;

/** JMH over {@link FeatureMeanCase}. */
public class FeatureMeanBenchmark extends OperationBenchmark {
  @Override
  KernelCase newCase() {
    return new FeatureMeanCase();
  }
}
