package org.potstill.config;

import java.util.Collection;
import java.util.Comparator;
import org.apache.commons.text.similarity.LevenshteinDistance;

/** Guesses what a misspelt word was meant to be. */
final class Suggestion {

  private static final int SHARE_OF_WRONG_LETTERS = 3;

  private Suggestion() {}

  /** A clause with the nearest of the {@code known} words; empty where none is near. */
  static String of(String word, Collection<String> known) {
    int limit = 1 + word.length() / SHARE_OF_WRONG_LETTERS;
    LevenshteinDistance distance = new LevenshteinDistance(limit);
    return known.stream()
        .filter(candidate -> distance.apply(word, candidate) >= 0)
        .min(Comparator.comparingInt(candidate -> distance.apply(word, candidate)))
        .map(candidate -> "; did you mean " + candidate + "?")
        .orElse("");
  }
}
