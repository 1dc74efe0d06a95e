package org.potstill.evaluate;

import org.potstill.random.Purpose;
import org.potstill.random.RandomStream;

/** Where the random numbers of one training come from. */
interface TrainingDraws {

  /** The order of {@code size} images in an epoch. */
  int[] order(int epoch, int size);

  /** The numbers that augment the batch of a step, counted over all epochs. */
  RandomStream augmentation(long step);

  /** The dropout masks of a step. */
  RandomStream dropout(long step);

  /** Draws by seed and repeat: the same for every network and training set, so that these pair. */
  static TrainingDraws of(long seed, int repeat) {
    return new TrainingDraws() {
      @Override
      public int[] order(int epoch, int size) {
        return RandomStream.of(seed, Purpose.EVALUATION_BATCHES, epoch, repeat).permutation(size);
      }

      @Override
      public RandomStream augmentation(long step) {
        return RandomStream.of(seed, Purpose.EVALUATION_AUGMENTATION, step, repeat);
      }

      @Override
      public RandomStream dropout(long step) {
        return RandomStream.of(seed, Purpose.DROPOUT, step, repeat);
      }
    };
  }
}
