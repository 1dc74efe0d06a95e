package org.potstill.benchmarks;

import org.openjdk.jmh.annotations.Param;
import org.potstill.tensor.Placement;

/** JMH over {@link FilteredLeakyReluCase}. */
public class FilteredLeakyReluBenchmark extends OperationBenchmark {

  /** {@code same} size or {@code larger}. */
  @Param({"same", "larger"})
  public String layer = "same";

  /** Whether the gradient is computed as well. */
  @Param({"false", "true"})
  public boolean gradient;

  @Override
  KernelCase newCase(Placement place) {
    return layer.equals("same")
        ? FilteredLeakyReluCase.sameSize(place, gradient)
        : FilteredLeakyReluCase.larger(place, gradient);
  }
}
