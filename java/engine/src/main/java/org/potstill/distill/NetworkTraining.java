package org.potstill.distill;

import java.util.Arrays;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.potstill.augment.SiameseAugmentation;
import org.potstill.net.Sgd;
import org.potstill.net.TrainedState;
import org.potstill.random.Purpose;
import org.potstill.random.RandomStream;
import org.potstill.tensor.Precision;
import org.potstill.tensor.RowParts;
import org.potstill.tensor.Tensors;

/** Trains a network on synthetic images by plain SGD, every sample augmented by its own draw. */
final class NetworkTraining {

  /** Images per step, as published. */
  private static final int BATCH = 256;

  /** Beyond the draws that real and synthetic images share. */
  private static final long AUGMENTATION_OFFSET = 1L << 32;

  private final Sgd sgd = new Sgd(0, 0);
  private final TrainedState state;
  private final SiameseAugmentation augmentation;
  private final double learningRate;
  private final RowParts parts = new RowParts(DistillStage.NAME, "distill.network.width");

  NetworkTraining(TrainedState state, SiameseAugmentation augmentation, double learningRate) {
    this.state = state;
    this.augmentation = augmentation;
    this.learningRate = learningRate;
  }

  /**
   * One epoch in a random order.
   *
   * @param images (M, C, H, W), class after class
   * @param perClass images per class
   * @param epoch number within the iteration
   * @return mean loss over the images
   */
  double epoch(Tensor images, int perClass, long seed, long iteration, long epoch) {
    int count = Math.toIntExact(images.size(0));
    int[] order =
        RandomStream.of(seed, Purpose.SYNTHETIC_BATCH, iteration, epoch).permutation(count);
    RandomStream augment =
        RandomStream.of(seed, Purpose.DISTILL_AUGMENTATION, iteration, AUGMENTATION_OFFSET + epoch);
    double sum = 0;
    for (int from = 0; from < count; from += BATCH) {
      int[] rows = Arrays.copyOfRange(order, from, Math.min(count, from + BATCH));
      try (PointerScope scope = new PointerScope()) {
        sum += rows.length * step(images, rows, perClass, augment);
      }
    }
    return sum / count;
  }

  private double step(Tensor images, int[] rows, int perClass, RandomStream augment) {
    Tensor index = Tensors.indices(images, rows);
    Tensor batch = augmentation.augmented(torch.index_select(images, 0, index), augment);
    int[] labels = Arrays.stream(rows).map(row -> row / perClass).toArray();
    return state.descend(
        sgd, batch, Tensors.indices(images, labels), learningRate, Precision.F32, parts);
  }
}
