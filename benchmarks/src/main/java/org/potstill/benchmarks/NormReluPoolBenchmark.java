package org.potstill.benchmarks;

import org.openjdk.jmh.annotations.Param;
import org.potstill.tensor.Placement;

/** JMH over {@link NormReluPoolCase}. */
public class NormReluPoolBenchmark extends OperationBenchmark {

  /** Rows and columns of a map. */
  @Param({"32", "8"})
  public long side = 32;

  /** 0 for the output alone, 1 with its gradient, 2 with a derivative of the gradient as well. */
  @Param({"0", "1", "2"})
  public int derivatives;

  @Override
  KernelCase newCase(Placement place) {
    return new NormReluPoolCase(place, side, derivatives);
  }
}
