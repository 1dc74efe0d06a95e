package org.potstill.benchmarks;

import org.openjdk.jmh.annotations.Param;
import org.potstill.tensor.Placement;

/** JMH over {@link UpFirDnCase}. */
public class UpFirDnBenchmark extends OperationBenchmark {

  /** {@code larger} or {@code smaller}. */
  @Param({"larger", "smaller"})
  public String direction = "larger";

  @Override
  KernelCase newCase(Placement place) {
    return direction.equals("larger") ? UpFirDnCase.larger(place) : UpFirDnCase.smaller(place);
  }
}
