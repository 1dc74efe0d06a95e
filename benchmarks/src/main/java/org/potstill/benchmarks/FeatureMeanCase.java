package org.potstill.benchmarks;

import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.potstill.kernels.Kernels;
import org.potstill.tensor.Placement;
import org.potstill.tensor.Tensors;

/**
 * Squared distance of class means with its gradient against the autograd expression, class by class
 * as published.
 */
final class FeatureMeanCase implements KernelCase {

  private static final int CLASSES = 10;
  private static final int REAL = 256;
  private static final int SYNTHETIC = 10;
  private static final int FEATURES = 2048;

  private final Tensor real;
  private final Tensor synthetic;
  private final Tensor gradient;
  private final FloatPointer realBuffer;
  private final FloatPointer syntheticBuffer;
  private final FloatPointer gradientBuffer;
  private final long[] realOffsets = offsets(REAL);
  private final long[] syntheticOffsets = offsets(SYNTHETIC);
  private double loss;

  FeatureMeanCase(Placement place) {
    real = Inputs.normal(place, 1, CLASSES * REAL, FEATURES);
    synthetic = Inputs.normal(place, 2, CLASSES * SYNTHETIC, FEATURES);
    gradient = Tensors.empty(synthetic, CLASSES * SYNTHETIC, FEATURES);
    realBuffer = real.data_ptr_float();
    syntheticBuffer = synthetic.data_ptr_float();
    gradientBuffer = gradient.data_ptr_float();
    synthetic.requires_grad_(true);
  }

  private static long[] offsets(int rows) {
    long[] offsets = new long[CLASSES + 1];
    for (int c = 0; c <= CLASSES; c++) {
      offsets[c] = (long) c * rows;
    }
    return offsets;
  }

  @Override
  public String name() {
    return "feature_mean (2560, 2048), (100, 2048), 10 classes";
  }

  @Override
  public double target() {
    return 2;
  }

  @Override
  public double targetOnGpu() {
    return 5;
  }

  @Override
  public long bytes() {
    return 4L * FEATURES * CLASSES * (REAL + 2 * SYNTHETIC);
  }

  @Override
  public void ours(Kernels kernels) {
    loss =
        kernels.featureMean(
            realBuffer,
            realOffsets,
            syntheticBuffer,
            syntheticOffsets,
            FEATURES,
            null,
            gradientBuffer);
  }

  @Override
  public void libtorch() {
    try (PointerScope scope = new PointerScope()) {
      Tensors.gradients(reference(), null, new Tensor[] {synthetic}, false);
    }
  }

  private Tensor reference() {
    Tensor total = null;
    for (int c = 0; c < CLASSES; c++) {
      Tensor ofReal = real.narrow(0, (long) c * REAL, REAL).mean(0);
      Tensor ofSynthetic = synthetic.narrow(0, (long) c * SYNTHETIC, SYNTHETIC).mean(0);
      Tensor distance = ofReal.sub(ofSynthetic).square().sum();
      total = total == null ? distance : total.add(distance);
    }
    return total;
  }

  @Override
  public void check(Kernels kernels) {
    ours(kernels);
    try (PointerScope scope = new PointerScope()) {
      Tensor expected = reference();
      Tensor slope = Tensors.gradients(expected, null, new Tensor[] {synthetic}, false)[0];
      Inputs.requireClose("loss", expected.item_double(), loss);
      Inputs.requireClose("gradient", Tensors.toFloats(slope), Tensors.toFloats(gradient));
    }
  }
}
