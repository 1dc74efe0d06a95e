package org.potstill.benchmarks;

import org.potstill.tensor.Placement;

/** JMH over {@link SelectCase}. */
public class SelectBenchmark extends OperationBenchmark {
  @Override
  KernelCase newCase(Placement place) {
    return new SelectCase(place);
  }
}
