package org.potstill.benchmarks;

import org.openjdk.jmh.annotations.Param;
import org.potstill.tensor.Placement;

/** JMH over {@link ConvolutionCase}. */
public class ConvolutionBenchmark extends OperationBenchmark {

  /** Rows and columns of a map. */
  @Param({"16", "14", "8", "2"})
  public long side = 16;

  /** Rows and columns of a square of weights. */
  @Param({"3", "5"})
  public long ofSquares = 3;

  /** Whether the gradients of input and weights are computed as well. */
  @Param({"false", "true"})
  public boolean gradients;

  @Override
  KernelCase newCase(Placement place) {
    return new ConvolutionCase(place, side, ofSquares, gradients);
  }
}
