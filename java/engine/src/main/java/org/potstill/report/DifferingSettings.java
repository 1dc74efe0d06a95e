package org.potstill.report;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
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
    List<Map<String, Object>> settings = runs.stream().map(run -> run.config().byPath()).toList();
    Set<String> paths = new LinkedHashSet<>();
    settings.forEach(own -> paths.addAll(own.keySet()));
    paths.removeAll(shown);
    List<RunFacts.Fact> facts = new ArrayList<>();
    for (String path : paths) {
      List<List<String>> values = settings.stream().map(own -> values(own, path)).toList();
      boolean differs = values.stream().filter(Objects::nonNull).distinct().count() > 1;
      if (differs && isOfInterest(path)) {
        facts.add(new RunFacts.Fact(path, texts(values), true));
      }
    }
    return facts;
  }

  /** Where things are, and on what they were computed, is not what tells runs apart. */
  private static boolean isOfInterest(String path) {
    return !KeyRoles.PLACES.contains(path)
        && !KeyRoles.MACHINE.contains(path)
        && !path.startsWith(EVALUATE);
  }

  /** A list's values or the only one, as text; null where the run has no such key. */
  private static List<String> values(Map<String, Object> settings, String path) {
    if (!settings.containsKey(path)) {
      return null;
    }
    Object value = settings.get(path);
    List<?> values = value instanceof List<?> list ? list : Arrays.asList(value);
    return values.stream().map(String::valueOf).toList();
  }

  /** Of long lists the beginnings, unless they are the same. */
  private static List<String> texts(List<List<String>> runs) {
    Map<String, List<String>> beginnings = new LinkedHashMap<>();
    boolean enough = true;
    for (List<String> values : runs) {
      if (values != null) {
        List<String> same = beginnings.putIfAbsent(Listed.some(values), values);
        enough &= same == null || same.equals(values);
      }
    }
    boolean some = enough;
    return runs.stream().map(values -> text(values, some)).toList();
  }

  private static String text(List<String> values, boolean some) {
    if (values == null) {
      return RunFacts.ABSENT;
    }
    if (values.isEmpty()) {
      return "none";
    }
    return some ? Listed.some(values) : String.join(", ", values);
  }
}
