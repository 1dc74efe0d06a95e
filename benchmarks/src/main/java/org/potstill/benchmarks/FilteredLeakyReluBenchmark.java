package org.potstill.benchmarks;

import org.openjdk.jmh.annotations.Param;

/** JMH over {@link FilteredLeakyReluCase}. */
public class FilteredLeakyReluBenchmark extends OperationBenchmark {

  /** {@code same} size or {@code larger}. */
  @Param({"same", "larger"})
  public String layer = "same";

  /** Whether the gradient is computed as well. */
  @Param({"false", "true"})
  public boolean gradient;

  @Override
  KernelCase newCase() {
    return layer.equals("same")
        ? FilteredLeakyReluCase.sameSize(gradient)
        : FilteredLeakyReluCase.larger(gradient);
  }
}
