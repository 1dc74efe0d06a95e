package org.potstill.errors;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.stream.Collectors;

/** Puts names into a message, which stays short where they are many. */
public final class Listed {

  private static final int SHOWN = 5;

  private Listed() {}

  /** The first five of {@code names} and how many more there are: {@code "a, b and 3 more"}. */
  public static String some(Collection<String> names) {
    int more = names.size() - SHOWN;
    return names.stream().limit(SHOWN).collect(Collectors.joining(", "))
        + (more > 0 ? " and " + more + " more" : "");
  }

  /**
   * Sentences of one kind, one for each of perhaps thousands of classes: the first five, and a last
   * one that tells how many more there are.
   */
  public static List<String> few(List<String> sentences) {
    int more = sentences.size() - SHOWN;
    if (more <= 0) {
      return List.copyOf(sentences);
    }
    List<String> shown = new ArrayList<>(sentences.subList(0, SHOWN));
    shown.add("and " + more + " more like " + (more == 1 ? "this" : "these"));
    return shown;
  }
}
