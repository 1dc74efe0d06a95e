package org.potstill.prune;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.potstill.data.Dataset;
import org.potstill.data.ImageRecord;
import org.potstill.errors.InputException;
import org.potstill.score.LeftOut;
import org.potstill.score.Scores;

/** Brings scores and the images of a data set together, by id. */
final class Matching {

  private static final int NAMED = 3;

  private Matching() {}

  /**
   * The loss of every image of {@code data} that was not left out, in the order of the data set.
   *
   * @throws InputException where the scores are of other images
   */
  static Map<ImageRecord, Float> match(Scores scores, LeftOut leftOut, Dataset data) {
    Map<String, Scores.Entry> byId = new HashMap<>();
    scores.entries().forEach(entry -> byId.put(entry.id(), entry));
    Map<ImageRecord, Float> losses = new LinkedHashMap<>();
    List<String> withoutScore = new ArrayList<>();
    List<String> otherClass = new ArrayList<>();
    for (ImageRecord image : data.training()) {
      Scores.Entry entry = byId.remove(image.id());
      if (entry == null) {
        if (!leftOut.reasons().containsKey(image.id())) {
          withoutScore.add(image.id());
        }
      } else if (!entry.classKey().equals(data.classKeys().get(image.classIndex()))) {
        otherClass.add(image.id());
      } else {
        losses.put(image, entry.loss());
      }
    }
    List<String> unknown =
        scores.entries().stream().map(Scores.Entry::id).filter(byId::containsKey).toList();
    requireNone(unknown, withoutScore, otherClass);
    return losses;
  }

  private static void requireNone(
      List<String> unknown, List<String> withoutScore, List<String> otherClass) {
    List<String> faults = new ArrayList<>();
    if (!unknown.isEmpty()) {
      faults.add(some(unknown, "scored image", "") + " not among its training images");
    }
    if (!withoutScore.isEmpty()) {
      faults.add(some(withoutScore, "training image", "") + " without a score");
    }
    if (!otherClass.isEmpty()) {
      faults.add(some(otherClass, "image", "") + " scored in another class");
    }
    if (!faults.isEmpty()) {
      throw new InputException(
          Scores.FILE
              + " does not fit the data set: "
              + String.join("; ", faults)
              + ". Score this data set, or point data.source, data.classes, data.test-share and"
              + " data.validation-share at the one that was scored");
    }
  }

  /** "3 images of the core-set ('a', 'b', ...) are". */
  static String some(List<String> ids, String noun, String attribute) {
    StringBuilder text = new StringBuilder();
    text.append(ids.size()).append(' ').append(noun).append(ids.size() == 1 ? "" : "s");
    text.append(attribute.isEmpty() ? "" : " " + attribute).append(" (");
    for (int i = 0; i < Math.min(NAMED, ids.size()); i++) {
      text.append(i == 0 ? "'" : ", '").append(ids.get(i)).append('\'');
    }
    return text.append(ids.size() > NAMED ? ", ...)" : ")")
        .append(ids.size() == 1 ? " is" : " are")
        .toString();
  }
}
