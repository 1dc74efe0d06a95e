package org.potstill.benchmarks;

import org.openjdk.jmh.annotations.Param;
import org.potstill.tensor.Placement;

/** JMH over {@link ImageGradientCase}. */
public class ImageGradientBenchmark extends OperationBenchmark {

  /** Channels of the images. */
  @Param({"3", "1"})
  public long channels = 3;

  @Override
  KernelCase newCase(Placement place) {
    return new ImageGradientCase(place, channels);
  }
}
