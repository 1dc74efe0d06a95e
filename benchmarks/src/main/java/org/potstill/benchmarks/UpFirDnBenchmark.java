package org.potstill.benchmarks;

import org.openjdk.jmh.annotations.Param;

/** JMH over {@link UpFirDnCase}. */
public class UpFirDnBenchmark extends OperationBenchmark {

  /** {@code larger} or {@code smaller}. */
  @Param({"larger", "smaller"})
  public String direction = "larger";

  @Override
  KernelCase newCase() {
    return direction.equals("larger") ? UpFirDnCase.larger() : UpFirDnCase.smaller();
  }
}
