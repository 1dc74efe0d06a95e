package org.potstill.score;

import java.util.Arrays;
import java.util.Locale;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.potstill.augment.SiameseAugmentation;
import org.potstill.config.ScoreConfig;
import org.potstill.errors.RunFailedException;
import org.potstill.net.NetworkTrainer;
import org.potstill.net.Pass;
import org.potstill.random.Purpose;
import org.potstill.random.RandomStream;

/**
 * The training of the scorer of one fold on the images of the others. Every step is a function of
 * its number and of what the step before left, so that it can be broken off and continued anywhere.
 *
 * <p>Used by one thread.
 */
final class FoldTraining {

  private final ScoreConfig config;
  private final PixelStore store;
  private final int[] rows;
  private final int fold;
  private final long seed;
  private final SiameseAugmentation augmentation;
  private final ScorerSchedule schedule;
  private final int stepsPerEpoch;
  private int[] order = {};
  private long orderOf = -1;

  /**
   * A training.
   *
   * @param rows of the store to train on
   * @param channels of the images; colour images are also flipped
   */
  FoldTraining(
      ScoreConfig config, PixelStore store, int[] rows, int fold, long seed, int channels) {
    this.config = config;
    this.store = store;
    this.rows = rows;
    this.fold = fold;
    this.seed = seed;
    augmentation = augmentation(channels);
    stepsPerEpoch = stepsPerEpoch(rows.length, config.batch());
    schedule = new ScorerSchedule(steps(), config.learningRate());
  }

  /** Mirrored digits and letters would be other classes, mirrored photographs are not. */
  static SiameseAugmentation augmentation(int channels) {
    return SiameseAugmentation.of(channels == 1 ? "crop" : "crop_flip");
  }

  /** Steps per epoch for so many images. */
  static int stepsPerEpoch(int images, int batch) {
    return Math.max(1, (images + batch - 1) / batch);
  }

  /** Steps in all. */
  long steps() {
    return (long) stepsPerEpoch * config.epochs();
  }

  /** Steps per epoch. */
  int stepsPerEpoch() {
    return stepsPerEpoch;
  }

  /** Number of images trained on. */
  int size() {
    return rows.length;
  }

  /**
   * Does a step.
   *
   * @return the loss summed over the images of the batch
   * @throws RunFailedException where it is not finite
   */
  double step(NetworkTrainer trainer, long step) {
    int[] drawn = batch(step);
    // Batch norm cannot take the variance of a single value.
    int[] batch = drawn.length == 1 ? new int[] {drawn[0], drawn[0]} : drawn;
    try (PointerScope scope = new PointerScope()) {
      Tensor input =
          augmentation
              .augmented(
                  store.batch(batch),
                  RandomStream.of(seed, Purpose.SCORER_AUGMENTATION, step, fold))
              .contiguous(torch.MemoryFormat.ChannelsLast);
      NetworkTrainer.Result result =
          trainer.step(input, store.labels(batch), Pass.TRAIN, schedule.at(step));
      if (!Double.isFinite(result.loss())) {
        throw new RunFailedException(
            String.format(
                Locale.ROOT,
                "training of the scorer of fold %d diverged at step %d: its loss is %s; lower"
                    + " score.learning-rate (%s)",
                fold + 1,
                step + 1,
                result.loss(),
                config.learningRate()));
      }
      return result.loss() * drawn.length;
    }
  }

  /** The rows of a step; batches of an epoch differ by at most one in size. */
  int[] batch(long step) {
    long epoch = step / stepsPerEpoch;
    if (epoch != orderOf) {
      order =
          Arrays.stream(
                  RandomStream.of(seed, Purpose.SCORER_BATCHES, epoch, fold)
                      .permutation(rows.length))
              .map(i -> rows[i])
              .toArray();
      orderOf = epoch;
    }
    int number = (int) (step % stepsPerEpoch);
    int begin = (int) ((long) number * rows.length / stepsPerEpoch);
    int end = (int) ((number + 1L) * rows.length / stepsPerEpoch);
    return Arrays.copyOfRange(order, begin, end);
  }
}
