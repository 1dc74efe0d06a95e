package org.potstill.benchmarks;

import org.potstill.tensor.Placement;

/** JMH over {@link QuantiseCase}. */
public class QuantiseBenchmark extends OperationBenchmark {
  @Override
  KernelCase newCase(Placement place) {
    return new QuantiseCase(place);
  }
}
