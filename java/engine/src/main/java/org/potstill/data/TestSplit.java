package org.potstill.data;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.potstill.run.Sha256;

/**
 * Images of a source that has no test images, some of them taken for the test.
 *
 * <p>They are drawn by the hash of their ids and not by the seed of the run: accuracies of runs
 * with different seeds are of the same images, and a file that is added or removed changes few of
 * the others.
 *
 * @param training the others, in the order of the source
 * @param test in the same order
 */
record TestSplit(List<ImageRecord> training, List<ImageRecord> test) {

  /**
   * Takes {@code round(share * n)} of the n images of every class, at least one where the share is
   * not zero, but never the last one.
   */
  static TestSplit of(List<ImageRecord> images, int classes, double share) {
    if (share == 0) {
      return new TestSplit(List.copyOf(images), List.of());
    }
    List<SortedMap<String, ImageRecord>> byHash = new ArrayList<>();
    for (int c = 0; c < classes; c++) {
      byHash.add(new TreeMap<>());
    }
    images.forEach(image -> byHash.get(image.classIndex()).put(Sha256.of(image.id()), image));
    Set<ImageRecord> drawn = new HashSet<>();
    for (SortedMap<String, ImageRecord> own : byHash) {
      int count = ValidationSplit.heldBack(own.size(), share);
      own.values().stream().limit(count).forEach(drawn::add);
    }
    List<ImageRecord> training = new ArrayList<>();
    List<ImageRecord> test = new ArrayList<>();
    images.forEach(image -> (drawn.contains(image) ? test : training).add(image));
    return new TestSplit(List.copyOf(training), List.copyOf(test));
  }
}
