package org.potstill.report;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.potstill.config.KeyRoles;
import org.potstill.errors.Listed;

/** The keys of the configuration whose values are not the same in all runs of a page. */
final class DifferingSettings {

  /** The protocol of the accuracies says it better: what was measured, not what was asked for. */
  private static final String EVALUATE = "evaluate.";

  private DifferingSettings() {}

  /**
   * A row per key. A key that some runs lack, because their space has nothing of the kind or an
   * earlier version wrote them, counts where it differs among the others.
   *
   * @param shown keys that the page shows already
   */
  static List<RunFacts.Fact> of(List<ComparedRun> runs, Set<String> shown) {
    Map<String, List<String>> rows = new LinkedHashMap<>();
    for (int i = 0; i < runs.size(); i++) {
      int column = i;
      runs.get(i)
          .config()
          .byPath()
          .forEach(
              (path, value) ->
                  rows.computeIfAbsent(path, key -> absent(runs.size())).set(column, text(value)));
    }
    List<RunFacts.Fact> facts = new ArrayList<>();
    rows.forEach(
        (path, values) -> {
          Set<String> distinct = new LinkedHashSet<>(values);
          distinct.remove(RunFacts.ABSENT);
          if (distinct.size() > 1 && isOfInterest(path) && !shown.contains(path)) {
            facts.add(new RunFacts.Fact(path, values, true));
          }
        });
    return facts;
  }

  private static List<String> absent(int runs) {
    return new ArrayList<>(Collections.nCopies(runs, RunFacts.ABSENT));
  }

  /** Where things are, and on what they were computed, is not what tells runs apart. */
  private static boolean isOfInterest(String path) {
    return !KeyRoles.PLACES.contains(path)
        && !KeyRoles.MACHINE.contains(path)
        && !path.startsWith(EVALUATE);
  }

  private static String text(Object value) {
    List<?> values = value instanceof List<?> list ? list : Arrays.asList(value);
    return values.isEmpty() ? "none" : Listed.some(values.stream().map(String::valueOf).toList());
  }
}
