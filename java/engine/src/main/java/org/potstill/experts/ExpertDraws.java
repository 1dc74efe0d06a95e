package org.potstill.experts;

import org.potstill.random.Purpose;
import org.potstill.random.RandomStream;

/** Where the random numbers of one expert's training come from. */
interface ExpertDraws {

  /** The order of {@code size} images in an epoch. */
  int[] order(int epoch, int size);

  /** The numbers that augment the batches of an epoch. */
  RandomStream augmentation(int epoch);

  /** Draws by seed and expert. */
  static ExpertDraws of(long seed, int expert) {
    return new ExpertDraws() {
      @Override
      public int[] order(int epoch, int size) {
        return RandomStream.of(seed, Purpose.EXPERT_BATCHES, epoch, expert).permutation(size);
      }

      @Override
      public RandomStream augmentation(int epoch) {
        return RandomStream.of(seed, Purpose.EXPERT_AUGMENTATION, epoch, expert);
      }
    };
  }
}
