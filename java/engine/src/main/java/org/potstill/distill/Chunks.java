package org.potstill.distill;

import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/** A batch made part by part, so that only one part's intermediate results are in memory. */
final class Chunks {

  private Chunks() {}

  /** Makes the images from {@code start}, {@code length} of them. */
  @FunctionalInterface
  interface Part {
    Tensor make(long start, long length);
  }

  /**
   * The parts joined, without autograd history, in the caller's scope.
   *
   * @param count images in all
   * @param chunk images of a part; the last may have fewer
   */
  static Tensor join(long count, int chunk, Part part) {
    Tensor result = new Tensor();
    try (PointerScope scope = new PointerScope();
        NoGradGuard guard = new NoGradGuard()) {
      TensorVector parts = new TensorVector();
      for (long start = 0; start < count; start += chunk) {
        parts.push_back(part.make(start, Math.min(chunk, count - start)));
      }
      result.put(torch.cat(parts, 0));
    }
    return result;
  }
}
