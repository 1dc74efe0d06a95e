package org.potstill.evaluate;

import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;
import java.util.function.ToLongFunction;
import org.potstill.tensor.SideBySide;

/**
 * Which trials run at once. The threads of each follow from the settings and the size of the
 * memory, so that its bits are the same whatever runs beside it; how many run at once also from the
 * memory that is free.
 *
 * @param threads of LibTorch in all
 * @param repeats of every network
 * @param free native memory that is free, bytes
 */
record TrialRoom(int threads, int repeats, LongSupplier free) {

  /**
   * Trials that share one division of the threads.
   *
   * @param trials in order
   * @param sideBySide how they run
   */
  record Group(List<Trial> trials, SideBySide sideBySide) {}

  /**
   * Divides trials, in order, into groups to be run one after the other.
   *
   * @param bytes what a trial takes
   */
  List<Group> groups(List<Trial> trials, ToLongFunction<Trial> bytes) {
    List<Group> groups = new ArrayList<>();
    for (Trial trial : trials) {
      SideBySide own = SideBySide.of(threads, repeats, bytes.applyAsLong(trial));
      if (groups.isEmpty() || !groups.get(groups.size() - 1).sideBySide().equals(own)) {
        groups.add(new Group(new ArrayList<>(), own));
      }
      groups.get(groups.size() - 1).trials().add(trial);
    }
    return groups;
  }

  /** How the trials of a group run with the memory that is free now. */
  SideBySide now(Group group, ToLongFunction<Trial> bytes) {
    long largest = group.trials().stream().mapToLong(bytes).max().orElse(1);
    return group.sideBySide().atMost(free.getAsLong() / Math.max(1, largest));
  }
}
