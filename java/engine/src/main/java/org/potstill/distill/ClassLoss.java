package org.potstill.distill;

import java.util.Arrays;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.potstill.tensor.Tensors;

/** Cross-entropy of logits against labels. */
public final class ClassLoss {

  private static final int SUM = 2;
  private static final int NO_IGNORED_LABEL = -100;

  private ClassLoss() {}

  /** The mean over the samples, differentiable. */
  public static Tensor mean(Tensor logits, Tensor labels) {
    return torch.cross_entropy_loss(logits, labels);
  }

  /** The sum over samples that all have the label {@code label}, differentiable. */
  static Tensor sum(Tensor logits, int label) {
    long[] labels = new long[(int) logits.size(0)];
    Arrays.fill(labels, label);
    Tensor all = Tensors.of(logits, labels, labels.length);
    return torch.cross_entropy_loss(logits, all, new TensorOptional(), SUM, NO_IGNORED_LABEL, 0);
  }
}
