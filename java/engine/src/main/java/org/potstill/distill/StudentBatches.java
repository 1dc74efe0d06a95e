package org.potstill.distill;

import java.util.Arrays;
import org.potstill.random.Purpose;
import org.potstill.random.RandomStream;

/** Which synthetic images a student sees in a step. */
interface StudentBatches {

  /** Rows of the images; a function of its arguments. */
  int[] rows(long iteration, int step);

  /**
   * Every image once per pass over the set, in a random order, the last part first as published.
   *
   * @param images in the set
   * @param size images per step; 0 takes all
   */
  static StudentBatches shuffled(int images, int size, long seed) {
    int part = size == 0 ? images : Math.min(size, images);
    int parts = (images + part - 1) / part;
    return (iteration, step) -> {
      int[] order =
          RandomStream.of(seed, Purpose.SYNTHETIC_BATCH, iteration, step / parts)
              .permutation(images);
      int from = (parts - 1 - step % parts) * part;
      return Arrays.copyOfRange(order, from, Math.min(images, from + part));
    };
  }
}
