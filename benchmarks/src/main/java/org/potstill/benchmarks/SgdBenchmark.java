package org.potstill.benchmarks;

import org.openjdk.jmh.annotations.Param;
import org.potstill.tensor.Placement;

/** JMH over {@link SgdCase}. */
public class SgdBenchmark extends OperationBenchmark {

  /** Parameters: about a ConvNet of depth 5 and width 128, and a ResNet-18. */
  @Param({"616000", "11000000"})
  public int size = 616_000;

  @Override
  KernelCase newCase(Placement place) {
    return new SgdCase(place, size);
  }
}
