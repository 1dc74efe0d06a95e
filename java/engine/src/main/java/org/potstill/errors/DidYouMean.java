package org.potstill.errors;

import java.util.Collection;
import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;
import org.apache.commons.text.similarity.LevenshteinDistance;

/** Finds the word that somebody probably meant. */
public final class DidYouMean {

  private DidYouMean() {}

  /**
   * The candidate nearest to {@code word} by edit distance, ignoring case, or none where all are
   * further away than a third of the word's length, or than two letters, as two that changed places
   * are; words of up to three letters allow one.
   */
  public static Optional<String> nearest(String word, Collection<String> candidates) {
    LevenshteinDistance distance = new LevenshteinDistance(limit(word.length()));
    return candidates.stream()
        .filter(candidate -> distance.apply(lower(word), lower(candidate)) >= 0)
        .min(Comparator.comparingInt(candidate -> distance.apply(lower(word), lower(candidate))));
  }

  /** The text {@code "; did you mean \"...\"?"}, or nothing where no candidate is near. */
  public static String hint(String word, Collection<String> candidates) {
    return nearest(word, candidates).map(near -> "; did you mean \"" + near + "\"?").orElse("");
  }

  private static int limit(int length) {
    return length <= 3 ? 1 : Math.max(2, length / 3);
  }

  private static String lower(String word) {
    return word.toLowerCase(Locale.ROOT);
  }
}
