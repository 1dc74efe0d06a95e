package org.potstill.score;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Makes the losses of different folds comparable (quantile normalisation, Bolstad et al. 2003,
 * within a class).
 *
 * <p>Networks of different folds differ in how sure they are of themselves, so that a loss of 0.1
 * may be easy for one and hard for another. Folds are drawn at random within a class, so their
 * images are equally hard on the whole. So the loss at quantile p of a fold is replaced by the mean
 * over all folds, weighted by their sizes, of their losses at quantile p. Within a fold the order
 * stays; the unit stays nats. A class with no fold of two of its images keeps its losses.
 */
final class QuantileMatching {

  private QuantileMatching() {}

  /**
   * Comparable losses.
   *
   * @param losses one per image, finite
   * @param classOf class of every image
   * @param foldOf fold of every image
   */
  static float[] apply(float[] losses, int[] classOf, int[] foldOf, int classes, int folds) {
    float[] result = new float[losses.length];
    for (int[] ofClass : Groups.of(classOf, classes)) {
      int[] foldsOfClass = IntStream.of(ofClass).map(i -> foldOf[i]).toArray();
      List<Group> groups = new ArrayList<>();
      for (int[] places : Groups.of(foldsOfClass, folds)) {
        int[] members = IntStream.of(places).map(place -> ofClass[place]).toArray();
        if (members.length > 0) {
          groups.add(Group.of(members, losses));
        }
      }
      // One image is all quantiles of its fold: matched, it could not be told from the others.
      boolean matchable = groups.stream().anyMatch(group -> group.images.length > 1);
      groups.forEach(group -> group.assign(matchable ? groups : List.of(group), result));
    }
    return result;
  }

  /** The images of one class in one fold, in ascending order of their losses. */
  private static final class Group {

    private final int[] images;
    private final float[] sorted;

    private Group(int[] images, float[] sorted) {
      this.images = images;
      this.sorted = sorted;
    }

    static Group of(int[] members, float[] losses) {
      int[] ordered =
          IntStream.of(members)
              .boxed()
              .sorted((a, b) -> Float.compare(losses[a], losses[b]))
              .mapToInt(Integer::intValue)
              .toArray();
      float[] sorted = new float[ordered.length];
      for (int i = 0; i < sorted.length; i++) {
        sorted[i] = losses[ordered[i]];
      }
      return new Group(ordered, sorted);
    }

    void assign(List<Group> all, float[] result) {
      for (int begin = 0; begin < sorted.length; ) {
        int end = begin + 1;
        while (end < sorted.length && sorted[end] == sorted[begin]) {
          end++;
        }
        // Equal losses stay equal: they share the middle of their ranks.
        double middle = (begin + end) / 2.0;
        float value = mean(all, middle);
        for (int i = begin; i < end; i++) {
          result[images[i]] = value;
        }
        begin = end;
      }
    }

    /** The mean quantile at a rank of this group, counted in images from its lower end. */
    private float mean(List<Group> all, double rank) {
      double sum = 0;
      long size = 0;
      for (Group group : all) {
        // Multiplied first, so that groups of the same size meet at their own ranks exactly.
        double theirs = rank * group.sorted.length / sorted.length;
        sum += group.sorted.length * group.at(theirs - 0.5);
        size += group.sorted.length;
      }
      return (float) (sum / size);
    }

    /** The loss at a position between two images, by linear interpolation. */
    private double at(double position) {
      double inside = Math.max(0, Math.min(sorted.length - 1, position));
      int below = (int) inside;
      int above = Math.min(sorted.length - 1, below + 1);
      double share = inside - below;
      return sorted[below] * (1 - share) + sorted[above] * share;
    }
  }
}
