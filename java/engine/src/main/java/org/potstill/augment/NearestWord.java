package org.potstill.augment;

import java.util.Comparator;
import java.util.List;

/** Finds what a misspelt word was meant to be. */
final class NearestWord {

  private NearestWord() {}

  /** The one of {@code words} with the smallest edit distance (Levenshtein 1966). */
  static String to(String word, List<String> words) {
    return words.stream().min(Comparator.comparingInt(other -> distance(word, other))).orElse("");
  }

  private static int distance(String a, String b) {
    int[] row = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      row[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int above = row[j];
        int replaced = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        row[j] = Math.min(replaced, Math.min(above, row[j - 1]) + 1);
        diagonal = above;
      }
    }
    return row[b.length()];
  }
}
