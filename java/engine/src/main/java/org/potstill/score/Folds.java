package org.potstill.score;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.potstill.random.Purpose;
import org.potstill.random.RandomStream;

/** Splits images into folds, class by class, so that every fold has its share of every class. */
final class Folds {

  private final int[] foldOf;

  private Folds(int[] foldOf) {
    this.foldOf = foldOf;
  }

  /**
   * A split by seed.
   *
   * @param classOf class of every image
   * @param folds number of folds, at least 2
   */
  static Folds of(int[] classOf, int classes, int folds, long seed) {
    int[] foldOf = new int[classOf.length];
    int[][] byClass = Groups.of(classOf, classes);
    int next = 0;
    for (int c = 0; c < classes; c++) {
      int[] members = byClass[c];
      for (int i : RandomStream.of(seed, Purpose.SCORER_FOLDS, 0, c).permutation(members.length)) {
        // Goes on where the class before stopped, so that small classes do not fill fold 0 alone.
        foldOf[members[i]] = next++ % folds;
      }
    }
    return new Folds(foldOf);
  }

  /** The fold of every image. */
  int[] foldOf() {
    return foldOf.clone();
  }

  /** The images of a fold, ascending. */
  int[] in(int fold) {
    return IntStream.range(0, foldOf.length).filter(i -> foldOf[i] == fold).toArray();
  }

  /** All other images, ascending. */
  int[] outside(int fold) {
    return IntStream.range(0, foldOf.length).filter(i -> foldOf[i] != fold).toArray();
  }

  @Override
  public String toString() {
    return Arrays.toString(foldOf);
  }
}
