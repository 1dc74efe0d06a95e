package org.potstill.benchmarks;

import org.potstill.tensor.Placement;

/** JMH over {@link ScoreCase}. */
public class ScoreBenchmark extends OperationBenchmark {
  @Override
  KernelCase newCase(Placement place) {
    return new ScoreCase(place);
  }
}
