package org.potstill.experts;

import java.util.Arrays;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.potstill.augment.SiameseAugmentation;
import org.potstill.errors.RunFailedException;
import org.potstill.net.Sgd;
import org.potstill.net.TrainedState;
import org.potstill.random.RandomStream;
import org.potstill.run.CancellationToken;
import org.potstill.tensor.Precision;
import org.potstill.tensor.RowParts;
import org.potstill.tensor.Tensors;

/** Trains an expert by SGD, epoch by epoch. */
final class ExpertTraining {

  private final Tensor images;
  private final Tensor labels;
  private final SiameseAugmentation augmentation;
  private final ExpertDraws draws;
  private final int batch;
  private final double learningRate;
  private final Precision precision;
  private final RowParts parts;

  /**
   * A training set and how it is gone through.
   *
   * @param images (N, C, H, W), not changed
   * @param labels (N) int64
   * @param precision of the passes
   * @param parts of a batch that fit the memory
   */
  ExpertTraining(
      Tensor images,
      Tensor labels,
      SiameseAugmentation augmentation,
      ExpertDraws draws,
      int batch,
      double learningRate,
      Precision precision,
      RowParts parts) {
    this.images = images;
    this.labels = labels;
    this.augmentation = augmentation;
    this.draws = draws;
    this.batch = batch;
    this.learningRate = learningRate;
    this.precision = precision;
    this.parts = parts;
  }

  /**
   * One epoch.
   *
   * @param epoch from 0
   * @return the loss, mean over the images as they were met
   * @throws org.potstill.errors.RunCancelledException between two steps; the epoch is then lost
   * @throws RunFailedException where a loss or, after the last step, a parameter is no longer
   *     finite
   */
  double epoch(TrainedState state, Sgd sgd, int epoch, CancellationToken cancellation) {
    int count = Math.toIntExact(images.size(0));
    int[] order = draws.order(epoch, count);
    RandomStream augment = draws.augmentation(epoch);
    double sum = 0;
    for (int from = 0; from < count; from += batch) {
      cancellation.throwIfCancelled();
      int[] rows = Arrays.copyOfRange(order, from, Math.min(count, from + batch));
      double loss = step(state, sgd, rows, augment);
      requireFinite(Double.isFinite(loss), "loss", epoch, from / batch);
      sum += rows.length * loss;
    }
    requireFinite(state.isFinite(), "value of a parameter", epoch, (count - 1) / batch);
    return sum / count;
  }

  private void requireFinite(boolean finite, String what, int epoch, int step) {
    if (!finite) {
      throw new RunFailedException(
          "training diverged: in epoch "
              + (epoch + 1)
              + ", step "
              + (step + 1)
              + ", the "
              + what
              + " is no longer finite; the checkpoint of the epoch before stays as it is. Lower"
              + " experts.learning-rate ("
              + learningRate
              + ") and repeat the stage: engine.jar experts CONFIG --overwrite");
    }
  }

  private double step(TrainedState state, Sgd sgd, int[] rows, RandomStream augment) {
    try (PointerScope scope = new PointerScope()) {
      Tensor index = Tensors.indices(images, rows);
      Tensor input = augmentation.augmented(torch.index_select(images, 0, index), augment);
      return state.descend(
          sgd, input, torch.index_select(labels, 0, index), learningRate, precision, parts);
    }
  }
}
