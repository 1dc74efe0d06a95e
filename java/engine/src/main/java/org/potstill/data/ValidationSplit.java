package org.potstill.data;

import java.util.ArrayList;
import java.util.List;
import org.potstill.random.Purpose;
import org.potstill.random.RandomStream;

/**
 * Training images in two parts, drawn per class.
 *
 * @param all in the order of the source
 * @param training those to learn from, in the same order
 * @param validation those held back, in the same order
 */
record ValidationSplit(
    List<ImageRecord> all, List<ImageRecord> training, List<ImageRecord> validation) {

  /**
   * Holds back {@code round(share * n)} of the n images of every class, at least one where the
   * share is not zero, but never the last one.
   */
  static ValidationSplit of(List<ImageRecord> images, int classes, double share, long seed) {
    List<List<Integer>> positions = new ArrayList<>();
    for (int c = 0; c < classes; c++) {
      positions.add(new ArrayList<>());
    }
    for (int i = 0; i < images.size(); i++) {
      positions.get(images.get(i).classIndex()).add(i);
    }
    boolean[] held = new boolean[images.size()];
    for (int c = 0; c < classes; c++) {
      List<Integer> own = positions.get(c);
      RandomStream random = RandomStream.of(seed, Purpose.VALIDATION_SPLIT, 0, c);
      for (int chosen : random.sample(own.size(), heldBack(own.size(), share))) {
        held[own.get(chosen)] = true;
      }
    }
    List<ImageRecord> training = new ArrayList<>();
    List<ImageRecord> validation = new ArrayList<>();
    for (int i = 0; i < held.length; i++) {
      (held[i] ? validation : training).add(images.get(i));
    }
    return new ValidationSplit(List.copyOf(images), List.copyOf(training), List.copyOf(validation));
  }

  /** How many of {@code count} images of a class a share is. */
  static int heldBack(int count, double share) {
    if (share <= 0 || count < 2) {
      return 0;
    }
    return (int) Math.min(count - 1L, Math.max(1L, Math.round(share * count)));
  }
}
