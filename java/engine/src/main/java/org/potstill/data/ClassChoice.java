package org.potstill.data;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.potstill.errors.DidYouMean;
import org.potstill.errors.InputException;

/** Finds the classes that {@code data.classes} asks for. */
final class ClassChoice {

  private ClassChoice() {}

  /**
   * The classes asked for, in the order asked for; all where nothing is asked for.
   *
   * @param asked keys or display names, or one name of an ImageNet subset; a class of the source
   *     goes before a subset of the same name
   * @throws InputException where one does not exist or is named twice, or fewer than two are left
   */
  static List<ClassLabel> choose(List<ClassLabel> available, List<String> asked) {
    List<ClassLabel> chosen = asked.isEmpty() ? available : find(available, asked);
    if (chosen.size() < 2) {
      throw new InputException(
          "data.classes: a data set needs two classes or more, found "
              + (chosen.isEmpty() ? "none" : "only " + chosen.get(0).key()));
    }
    return List.copyOf(chosen);
  }

  private static List<ClassLabel> find(List<ClassLabel> available, List<String> asked) {
    Map<String, ClassLabel> known = new LinkedHashMap<>();
    available.forEach(label -> known.putIfAbsent(label.name(), label));
    available.forEach(label -> known.put(label.key(), label));
    List<String> wanted = asked;
    if (asked.size() == 1 && !known.containsKey(asked.get(0))) {
      wanted = ImageNetClasses.subset(asked.get(0)).orElse(asked);
    }
    Set<ClassLabel> chosen = new LinkedHashSet<>();
    for (String name : wanted) {
      ClassLabel label = known.get(name);
      if (label == null) {
        throw unknown(name, asked, known);
      }
      if (!chosen.add(label)) {
        throw new InputException("data.classes names the class " + name + " twice");
      }
    }
    return new ArrayList<>(chosen);
  }

  private static InputException unknown(
      String name, List<String> asked, Map<String, ClassLabel> known) {
    if (!asked.contains(name)) {
      return new InputException(
          "data.classes: "
              + asked.get(0)
              + " needs the class "
              + name
              + ImageNetClasses.label(name).map(label -> " (" + label + ")").orElse("")
              + ", which the source does not have");
    }
    Set<String> candidates = new LinkedHashSet<>(known.keySet());
    if (asked.size() == 1) {
      candidates.addAll(ImageNetClasses.subsetNames());
    }
    return new InputException(
        "data.classes: the source has no class \""
            + name
            + "\""
            + DidYouMean.hint(name, candidates));
  }
}
