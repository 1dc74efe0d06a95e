package org.potstill.distill;

import java.util.Arrays;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.potstill.run.CancellationToken;
import org.potstill.tensor.RowParts;

/**
 * A batch made part by part, so that only one part's intermediate results are in memory; smaller
 * parts where those of a GPU do not fit.
 */
final class Chunks {

  private final RowParts parts;
  private final int chunk;
  private CancellationToken cancellation = new CancellationToken();

  /**
   * Chunks of a generator.
   *
   * @param parts of a chunk that fit the memory
   * @param chunk images of a part; the last may have fewer
   */
  Chunks(RowParts parts, int chunk) {
    this.parts = parts;
    this.chunk = chunk;
  }

  /** Parts of the images of a run that fit the memory. */
  static RowParts ofRun() {
    return new RowParts(DistillStage.NAME, "distill.prior.chunk");
  }

  /** Hands over the run's wish to stop, which every chunk asks. */
  void heed(CancellationToken token) {
    cancellation = token;
  }

  /** Makes the images from {@code start}, {@code length} of them. */
  @FunctionalInterface
  interface Part {
    Tensor make(long start, long length);
  }

  /** Several tensors of the images from {@code start}, {@code length} of them. */
  @FunctionalInterface
  interface Parts {
    Tensor[] make(long start, long length);
  }

  /**
   * The parts joined, without autograd history, in the caller's scope.
   *
   * @param count images in all
   */
  Tensor join(long count, Part part) {
    try (NoGradGuard guard = new NoGradGuard()) {
      return joinEach(count, 1, (start, length) -> new Tensor[] {part.make(start, length)})[0];
    }
  }

  /**
   * Each of {@code tensors} tensors joined of its parts, in the caller's scope.
   *
   * @param count images in all
   */
  Tensor[] joinEach(long count, int tensors, Parts part) {
    Tensor[] joined = new Tensor[tensors];
    Arrays.setAll(joined, i -> new Tensor());
    try (PointerScope scope = new PointerScope()) {
      TensorVector[] made = new TensorVector[tensors];
      Arrays.setAll(made, i -> new TensorVector());
      parts.run(
          Math.toIntExact(count),
          chunk,
          (from, to) -> {
            cancellation.throwIfCancelled();
            // Its own scope: what a part leaves that did not fit must be gone before the next.
            try (PointerScope inner = new PointerScope()) {
              Tensor[] found = part.make(from, to - from);
              for (int i = 0; i < tensors; i++) {
                made[i].push_back(found[i]);
              }
            }
          });
      for (int i = 0; i < tensors; i++) {
        joined[i].put(torch.cat(made[i], 0));
      }
    }
    return joined;
  }
}
