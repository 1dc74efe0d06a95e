package org.potstill.distill;

import org.bytedeco.pytorch.Tensor;
import org.potstill.errors.InputException;
import org.potstill.random.Purpose;
import org.potstill.random.RandomStream;

/** Draws a batch of real images of a class for every step of an iteration. */
final class RealBatches {

  private final CoreSetImages coreSet;
  private final int size;
  private final long seed;

  /**
   * Batches of {@code size} images; a smaller class gives all it has.
   *
   * @throws InputException where a class keeps no image
   */
  RealBatches(CoreSetImages coreSet, int size, long seed) {
    this.coreSet = coreSet;
    this.size = size;
    this.seed = seed;
    for (int c = 0; c < coreSet.classes(); c++) {
      requireSome(coreSet.className(c), coreSet.count(c));
    }
  }

  /**
   * Checks a class by its name and how many images it keeps.
   *
   * @throws InputException where it keeps none
   */
  static void requireSome(String className, int kept) {
    if (kept == 0) {
      throw new InputException(
          "class '"
              + className
              + "' keeps no image to distil; raise prune.keep or leave the class out"
              + " (data.classes)");
    }
  }

  /** Copies of the images of a class for a step, (N, C, H, W), drawn without repeats. */
  Tensor take(int classIndex, long iteration, int step) {
    long index = (long) step * coreSet.classes() + classIndex;
    RandomStream random = RandomStream.of(seed, Purpose.REAL_BATCH, iteration, index);
    int count = coreSet.count(classIndex);
    return coreSet.batch(classIndex, random.sample(count, Math.min(size, count)));
  }
}
