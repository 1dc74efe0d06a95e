package org.potstill.benchmarks;

import org.potstill.tensor.Placement;

/** JMH over {@link FeatureMeanCase}. */
public class FeatureMeanBenchmark extends OperationBenchmark {
  @Override
  KernelCase newCase(Placement place) {
    return new FeatureMeanCase(place);
  }
}
