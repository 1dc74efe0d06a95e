package org.potstill.prune;

import java.util.Arrays;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.PointerScope;
import org.potstill.config.PruneConfig.Mode;
import org.potstill.kernels.Kernels;
import org.potstill.kernels.SelectionOrder;
import org.potstill.random.Purpose;
import org.potstill.random.RandomStream;
import org.potstill.score.Groups;

/**
 * Algorithm 1 of "Distill the Best, Ignore the Rest" (Moser et al.): within each class, sort by
 * loss and keep the first {@code n = int(r * size)}.
 */
public final class Selection {

  private final Kernels kernels;
  private final long seed;

  /**
   * A selection.
   *
   * @param kernels sorts every class
   * @param seed of the random choice
   */
  public Selection(Kernels kernels, long seed) {
    this.kernels = kernels;
    this.seed = seed;
  }

  /**
   * How many images of a class are kept: {@code int(keep * size)}, the product in double precision
   * and rounded towards zero, as Python does.
   */
  public static int keepCount(double keep, int size) {
    return (int) (keep * size);
  }

  /**
   * The kept samples of every class in rank order: ties go to the lower index.
   *
   * @param mode easy ascending, hard descending, random by seed, none keeps all in ascending order
   * @param losses one per sample
   * @param classOf class of every sample
   * @param keep how many to keep of every class; not looked at by {@link Mode#NONE}
   * @return one array of sample indices per class
   * @throws IllegalArgumentException where there are not as many losses as classes of samples, a
   *     class is out of range, or one holds fewer samples than are to be kept
   */
  public int[][] select(Mode mode, float[] losses, int[] classOf, int[] keep) {
    require(
        losses.length == classOf.length,
        losses.length + " losses are given for " + classOf.length + " samples");
    int[] sizes = sizes(classOf, keep.length);
    int[] counts = mode == Mode.NONE ? sizes : keep;
    for (int c = 0; c < counts.length; c++) {
      require(
          counts[c] >= 0 && counts[c] <= sizes[c],
          "class " + c + " holds " + sizes[c] + " samples, " + counts[c] + " cannot be kept");
    }
    return switch (mode) {
      case EASY, NONE -> ranked(losses, classOf, counts, SelectionOrder.EASY);
      case HARD -> ranked(losses, classOf, counts, SelectionOrder.HARD);
      case RANDOM -> drawn(classOf, counts);
    };
  }

  /** Samples per class. */
  static int[] sizes(int[] classOf, int classes) {
    int[] sizes = new int[classes];
    for (int c : classOf) {
      if (c < 0 || c >= classes) {
        throw new IllegalArgumentException("selection: class " + c + " is none of " + classes);
      }
      sizes[c]++;
    }
    return sizes;
  }

  private int[][] ranked(float[] losses, int[] classOf, int[] keep, SelectionOrder order) {
    int total = Arrays.stream(keep).sum();
    long[] counts = Arrays.stream(keep).asLongStream().toArray();
    long[] kept = new long[total];
    try (PointerScope scope = new PointerScope()) {
      // At least one element, since an empty native buffer has no address.
      LongPointer result = new LongPointer(Math.max(1L, total));
      FloatPointer scores = new FloatPointer(Math.max(1L, losses.length));
      IntPointer classes = new IntPointer(Math.max(1L, classOf.length));
      scores.put(losses, 0, losses.length);
      classes.put(classOf, 0, classOf.length);
      kernels.select(scores, classes, losses.length, order, counts, result);
      result.get(kept, 0, total);
    }
    int[][] perClass = new int[keep.length][];
    int next = 0;
    for (int c = 0; c < keep.length; c++) {
      perClass[c] = Arrays.stream(kept, next, next + keep[c]).mapToInt(Math::toIntExact).toArray();
      next += keep[c];
    }
    return perClass;
  }

  private int[][] drawn(int[] classOf, int[] keep) {
    int[][] perClass = new int[keep.length][];
    int[][] members = Groups.of(classOf, keep.length);
    for (int c = 0; c < keep.length; c++) {
      int[] ofClass = members[c];
      RandomStream random = RandomStream.of(seed, Purpose.RANDOM_PRUNING, 0, c);
      int[] order = random.permutation(ofClass.length);
      perClass[c] = Arrays.stream(order, 0, keep[c]).map(i -> ofClass[i]).toArray();
    }
    return perClass;
  }

  private static void require(boolean holds, String problem) {
    if (!holds) {
      throw new IllegalArgumentException("selection: " + problem);
    }
  }
}
