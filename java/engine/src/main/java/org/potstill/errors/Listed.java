package org.potstill.errors;

import java.util.Collection;
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
}
