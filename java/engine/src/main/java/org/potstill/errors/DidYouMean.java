package org.potstill.errors;

import java.util.Collection;
import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;
import org.apache.commons.text.similarity.LevenshteinDistance;

/** Finds the word that somebody probably meant. */
public final class DidYouMean {

  private static final int LETTERS_PER_MISTAKE = 3;

  private DidYouMean() {}

  /**
   * The candidate nearest to {@code word} by edit distance (Levenshtein 1966), ignoring case, or
   * none where all are further away than one letter and a third of the word's length.
   */
  public static Optional<String> nearest(String word, Collection<String> candidates) {
    // Two letters that changed places count as two mistakes: hence one letter more.
    int limit = 1 + word.length() / LETTERS_PER_MISTAKE;
    LevenshteinDistance distance = new LevenshteinDistance(limit);
    return candidates.stream()
        .filter(candidate -> distance.apply(lower(word), lower(candidate)) >= 0)
        .min(Comparator.comparing(candidate -> distance.apply(lower(word), lower(candidate))));
  }

  /** The text {@code "; did you mean \"...\"?"}, or nothing where no candidate is near. */
  public static String hint(String word, Collection<String> candidates) {
    return nearest(word, candidates).map(near -> "; did you mean \"" + near + "\"?").orElse("");
  }

  private static String lower(String word) {
    return word.toLowerCase(Locale.ROOT);
  }
}
