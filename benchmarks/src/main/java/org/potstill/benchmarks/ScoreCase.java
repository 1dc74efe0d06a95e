package org.potstill.benchmarks;

import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.potstill.kernels.Kernels;
import org.potstill.kernels.LogitType;
import org.potstill.kernels.ScoreOutputs;
import org.potstill.tensor.Placement;
import org.potstill.tensor.Tensors;

/** Per-sample cross-entropy against {@code cross_entropy} with reduction none. */
final class ScoreCase implements KernelCase {

  private static final int ROWS = 8192;
  private static final int CLASSES = 1000;

  private final Tensor logits;
  private final Tensor labels;
  private final Tensor loss;
  private final FloatPointer logitBuffer;
  private final LongPointer labelBuffer;
  private final FloatPointer lossBuffer;

  ScoreCase(Placement place) {
    logits = place.place(Inputs.normal(1, ROWS, CLASSES).mul_(Tensors.of(new float[] {4})));
    labels = Tensors.indices(logits, Inputs.below(2, CLASSES, ROWS));
    loss = Tensors.empty(logits, ROWS);
    logitBuffer = logits.data_ptr_float();
    labelBuffer = labels.data_ptr_long();
    lossBuffer = loss.data_ptr_float();
  }

  @Override
  public String name() {
    return "score (8192, 1000)";
  }

  @Override
  public double target() {
    return 2;
  }

  @Override
  public double targetOnGpu() {
    return 2;
  }

  @Override
  public long bytes() {
    return ROWS * (CLASSES * 4L + 8 + 4);
  }

  @Override
  public void ours(Kernels kernels) {
    kernels.score(
        logitBuffer,
        LogitType.FLOAT32,
        labelBuffer,
        ROWS,
        CLASSES,
        ScoreOutputs.lossOnly(lossBuffer));
  }

  @Override
  public void libtorch() {
    try (PointerScope scope = new PointerScope();
        NoGradGuard noGrad = new NoGradGuard()) {
      reference();
    }
  }

  private Tensor reference() {
    long none = 0; // Reduction::None
    return torch.cross_entropy_loss(logits, labels, new TensorOptional(), none, -100, 0);
  }

  @Override
  public void check(Kernels kernels) {
    ours(kernels);
    try (PointerScope scope = new PointerScope()) {
      Inputs.requireClose("loss", Tensors.toFloats(reference()), Tensors.toFloats(loss));
    }
  }
}
