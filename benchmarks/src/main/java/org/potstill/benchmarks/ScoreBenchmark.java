package org.potstill.benchmarks;

/** JMH over {@link ScoreCase}. */
public class ScoreBenchmark extends OperationBenchmark {
  @Override
  KernelCase newCase() {
    return new ScoreCase();
  }
}
