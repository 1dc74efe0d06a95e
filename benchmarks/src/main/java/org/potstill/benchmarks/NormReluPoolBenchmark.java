package org.potstill.benchmarks;

import org.openjdk.jmh.annotations.Param;
import org.potstill.tensor.Placement;

/** JMH over {@link NormReluPoolCase}. */
public class NormReluPoolBenchmark extends OperationBenchmark {

  /** Rows and columns of a map. */
  @Param({"32", "8"})
  public long side = 32;

  /** Whether the gradient is computed as well. */
  @Param({"false", "true"})
  public boolean gradient;

  @Override
  KernelCase newCase(Placement place) {
    return new NormReluPoolCase(place, side, gradient);
  }
}
