package org.potstill.evaluate;

import java.util.Arrays;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.potstill.augment.Augmentation;
import org.potstill.kernels.Kernels;
import org.potstill.net.Network;
import org.potstill.net.NetworkTrainer;
import org.potstill.net.Pass;
import org.potstill.net.Sgd;
import org.potstill.tensor.NamedTensors;
import org.potstill.tensor.Precision;
import org.potstill.tensor.RowParts;
import org.potstill.tensor.Tensors;

/**
 * The training of the published evaluation: SGD with momentum 0.9 and weight decay 5e-4, one
 * augmentation per batch, a running average of the weights updated after every epoch.
 *
 * <p>Immutable; a training is used by one thread.
 *
 * @param epochs passes over the images
 * @param batch images per step
 * @param schedule of the learning rate
 * @param averageDecay of the running average; with 0 it is the last weights
 * @param augmentation drawn anew for every batch, with numbers for every image
 * @param precision of the passes
 * @param parts of a batch that fit the memory
 * @param kernels of the optimiser
 */
record SyntheticTraining(
    int epochs,
    int batch,
    LearningRateSchedule schedule,
    double averageDecay,
    Augmentation augmentation,
    Precision precision,
    RowParts parts,
    Kernels kernels) {

  static final double MOMENTUM = 0.9;
  static final double WEIGHT_DECAY = 5e-4;

  /** Hears of every epoch, and may end the training by throwing. */
  @FunctionalInterface
  interface EpochListener {
    /** After {@code epoch}, from 0, with the mean loss over its images and the share got right. */
    void finished(int epoch, double loss, double accuracy);

    /**
     * After every step: with all images of a data set an epoch takes minutes or hours.
     *
     * @param step counted from 1 over all epochs
     * @param steps of all epochs
     */
    default void stepped(long step, long steps) {}
  }

  /**
   * Trains {@code state} in place and returns the running average, which is what is tested.
   *
   * @param images (N, C, H, W), normalised
   * @param labels (N) int64
   * @return parameters and buffers; the caller closes it
   * @throws TrainingDivergedException where a loss or, after the last step, a parameter is no
   *     longer finite: with the epoch and the step
   */
  NamedTensors run(
      Network network,
      NamedTensors state,
      Tensor images,
      Tensor labels,
      TrainingDraws draws,
      EpochListener listener) {
    try (NetworkTrainer trainer =
            new NetworkTrainer(
                network, state, new Sgd(MOMENTUM, WEIGHT_DECAY, kernels), precision, parts);
        ExponentialMovingAverage average = new ExponentialMovingAverage(state, averageDecay)) {
      for (int epoch = 0; epoch < epochs; epoch++) {
        epoch(trainer, images, labels, draws, epoch, schedule.at(epoch), listener);
        average.update(state);
      }
      requireFinite(state.isFinite(), "value of a parameter", epochs - 1, steps(images) - 1);
      return average.average().map(Tensor::new);
    }
  }

  private static void requireFinite(boolean finite, String what, int epoch, long step) {
    if (!finite) {
      throw new TrainingDivergedException(
          "training diverged: in epoch "
              + (epoch + 1)
              + ", step "
              + (step + 1)
              + ", the "
              + what
              + " is no longer finite");
    }
  }

  /** How the network behaves in a step. */
  static Pass pass(TrainingDraws draws, long step) {
    return Pass.train(draws.dropout(step));
  }

  /** Steps of an epoch. */
  private long steps(Tensor images) {
    return (images.size(0) + batch - 1) / batch;
  }

  private void epoch(
      NetworkTrainer trainer,
      Tensor images,
      Tensor labels,
      TrainingDraws draws,
      int epoch,
      double rate,
      EpochListener listener) {
    int size = Math.toIntExact(images.size(0));
    int[] order = draws.order(epoch, size);
    long step = epoch * steps(images);
    double loss = 0;
    long correct = 0;
    for (int begin = 0; begin < size; begin += batch, step++) {
      int[] rows = Arrays.copyOfRange(order, begin, Math.min(size, begin + batch));
      try (PointerScope scope = new PointerScope()) {
        Tensor index = Tensors.indices(images, rows);
        Tensor input =
            augmentation.augmented(images.index_select(0, index), draws.augmentation(step));
        NetworkTrainer.Result result =
            trainer.step(input, labels.index_select(0, index), pass(draws, step), rate);
        requireFinite(Double.isFinite(result.loss()), "loss", epoch, begin / batch);
        loss += result.loss() * rows.length;
        correct += result.correct();
      }
      listener.stepped(step + 1, epochs * steps(images));
    }
    listener.finished(epoch, loss / size, correct / (double) size);
  }
}
