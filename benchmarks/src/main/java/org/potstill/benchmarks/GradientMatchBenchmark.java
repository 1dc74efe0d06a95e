package org.potstill.benchmarks;

import org.potstill.tensor.Placement;

/** JMH over {@link GradientMatchCase}. */
public class GradientMatchBenchmark extends OperationBenchmark {
  @Override
  KernelCase newCase(Placement place) {
    return new GradientMatchCase(place);
  }
}
