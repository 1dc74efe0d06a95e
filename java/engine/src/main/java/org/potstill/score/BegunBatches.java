package org.potstill.score;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.function.BiConsumer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.potstill.data.ImageBatch;
import org.potstill.data.ImageLoader;
import org.potstill.data.ImageRecord;
import org.potstill.tensor.Tensors;

/** Batches that a scorer has begun and nobody has asked for yet, in order. */
final class BegunBatches implements AutoCloseable {

  private record One(List<ImageRecord> records, BatchScorer.Pending losses) {}

  private final BatchScorer scorer;
  private final long[] outputs;
  private final Deque<One> waiting = new ArrayDeque<>();

  /**
   * None begun yet.
   *
   * @param outputs of every class
   */
  BegunBatches(BatchScorer scorer, long[] outputs) {
    this.scorer = scorer;
    this.outputs = outputs;
  }

  /** Whether there is one. */
  boolean waits() {
    return !waiting.isEmpty();
  }

  /** Begins the next batch where there is one. */
  void take(ImageLoader loader) {
    if (loader.hasNext()) {
      try (ImageBatch next = loader.next()) {
        waiting.addLast(new One(next.records(), start(next)));
      }
    }
  }

  private BatchScorer.Pending start(ImageBatch batch) {
    long[] labels =
        batch.records().stream().mapToLong(image -> outputs[image.classIndex()]).toArray();
    try (PointerScope scope = new PointerScope()) {
      Tensor images = images(batch);
      return scorer.start((from, to) -> images.narrow(0, from, to - from), labels);
    }
  }

  /** The images of a batch, (N, C, H, W), over its memory. */
  private static Tensor images(ImageBatch batch) {
    long side = batch.resolution();
    long[] shape = {batch.count(), batch.channels(), side, side};
    return torch.from_blob(batch.pixels(), shape, Tensors.float32());
  }

  /**
   * Waits for batches, the one begun first before the others, until no more than {@code left} are.
   *
   * @param taker of images and their losses
   */
  void finish(int left, BiConsumer<List<ImageRecord>, float[]> taker) {
    while (waiting.size() > left) {
      One first = waiting.removeFirst();
      try (BatchScorer.Pending losses = first.losses()) {
        taker.accept(first.records(), losses.losses());
      }
    }
  }

  @Override
  public void close() {
    waiting.forEach(one -> one.losses().close());
  }
}
