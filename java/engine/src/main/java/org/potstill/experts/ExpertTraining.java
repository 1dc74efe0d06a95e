package org.potstill.experts;

import java.util.Arrays;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.potstill.augment.AugmentDraw;
import org.potstill.augment.SiameseAugmentation;
import org.potstill.distill.ClassLoss;
import org.potstill.distill.TrainedState;
import org.potstill.net.Pass;
import org.potstill.net.Sgd;
import org.potstill.random.RandomStream;
import org.potstill.run.CancellationToken;
import org.potstill.tensor.Tensors;

/** Trains an expert by SGD, epoch by epoch. */
final class ExpertTraining {

  private final Tensor images;
  private final Tensor labels;
  private final SiameseAugmentation augmentation;
  private final ExpertDraws draws;
  private final int batch;
  private final double learningRate;

  /**
   * A training set and how it is gone through.
   *
   * @param images (N, C, H, W), not changed
   * @param labels (N) int64
   */
  ExpertTraining(
      Tensor images,
      Tensor labels,
      SiameseAugmentation augmentation,
      ExpertDraws draws,
      int batch,
      double learningRate) {
    this.images = images;
    this.labels = labels;
    this.augmentation = augmentation;
    this.draws = draws;
    this.batch = batch;
    this.learningRate = learningRate;
  }

  /**
   * One epoch.
   *
   * @param epoch from 0
   * @return the loss, mean over the images as they were met
   * @throws org.potstill.errors.RunCancelledException between two steps; the epoch is then lost
   */
  double epoch(TrainedState state, Sgd sgd, int epoch, CancellationToken cancellation) {
    int count = Math.toIntExact(images.size(0));
    int[] order = draws.order(epoch, count);
    RandomStream augment = draws.augmentation(epoch);
    double sum = 0;
    for (int from = 0; from < count; from += batch) {
      cancellation.throwIfCancelled();
      int[] rows = Arrays.copyOfRange(order, from, Math.min(count, from + batch));
      try (PointerScope scope = new PointerScope()) {
        sum += rows.length * step(state, sgd, rows, augment);
      }
    }
    return sum / count;
  }

  private double step(TrainedState state, Sgd sgd, int[] rows, RandomStream augment) {
    AugmentDraw draw =
        augmentation.drawPerSample(augment, rows.length, images.size(2), images.size(3));
    Tensor index = Tensors.indices(rows);
    Tensor input = augmentation.apply(torch.index_select(images, 0, index), draw);
    Tensor loss =
        ClassLoss.mean(state.logits(input, Pass.TRAIN), torch.index_select(labels, 0, index));
    Tensor[] gradients =
        Tensors.gradients(loss, null, state.parameters().toArray(Tensor[]::new), false);
    state.descend(sgd, gradients, learningRate);
    return loss.item_double();
  }
}
