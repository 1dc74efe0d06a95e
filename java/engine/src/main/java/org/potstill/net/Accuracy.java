package org.potstill.net;

import java.util.function.IntConsumer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.potstill.tensor.NamedTensors;
import org.potstill.tensor.Precision;
import org.potstill.tensor.RowParts;

/** How many images a network classifies as their labels say. */
public final class Accuracy {

  private Accuracy() {}

  /**
   * Rows whose largest logit is that of the label; a row with NaN or infinity is wrong.
   *
   * @param logits (N, classes)
   * @param labels (N) int64
   */
  public static long correct(Tensor logits, Tensor labels) {
    try (PointerScope scope = new PointerScope()) {
      return hits(logits, labels).item_long();
    }
  }

  /** The same as a single number, int64, in the caller's scope; a GPU may still be counting. */
  static Tensor hits(Tensor logits, Tensor labels) {
    Tensor plain = logits.detach();
    Tensor hits = plain.argmax(new LongOptional(1), false).eq(labels);
    return hits.logical_and(plain.isfinite().all(1)).sum();
  }

  /**
   * The share of images that {@code network} gets right, batch after batch, without gradients.
   *
   * @param images (N, C, H, W) with N at least 1
   * @param labels (N) int64
   * @param batch images per pass
   * @param precision of the passes
   * @param parts of a batch that fit the memory
   * @param progress hears after every part how many images are done
   * @return from 0 to 1
   */
  public static double of(
      Network network,
      NamedTensors state,
      Tensor images,
      Tensor labels,
      int batch,
      Precision precision,
      RowParts parts,
      IntConsumer progress) {
    int total = Math.toIntExact(images.size(0));
    long[] correct = {0};
    try (NoGradGuard guard = new NoGradGuard()) {
      parts.run(
          total,
          batch,
          (from, to) -> {
            try (PointerScope scope = new PointerScope();
                Precision.Scope computing = precision.on(images)) {
              Tensor input = images.narrow(0, from, to - from);
              NetworkOutput output = network.logits(state, input, Pass.EVAL);
              output.buffers().close();
              correct[0] += correct(output.value(), labels.narrow(0, from, to - from));
            }
            progress.accept(to);
          });
    }
    return correct[0] / (double) total;
  }
}
