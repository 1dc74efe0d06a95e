package org.potstill.report;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/** What the reader should know before believing the figures. */
final class Warnings {

  private static final int NAMED = 12;

  private Warnings() {}

  /**
   * A warning.
   *
   * @param text in a sentence
   * @param details names it is about, a few of them
   */
  record Warning(String text, List<String> details) {
    boolean hasDetails() {
      return !details.isEmpty();
    }
  }

  static List<Warning> of(RunFiles files) {
    List<Warning> warnings = new ArrayList<>();
    List<ScoreTable.ClassLosses> classes = files.classLosses();
    add(
        warnings,
        "class keeps no image and takes no part in the distillation",
        "classes keep no image and take no part in the distillation",
        names(classes, losses -> losses.kept().length == 0));
    add(
        warnings,
        "class has an image whose loss is not a number; such images rank as the hardest",
        "classes have an image whose loss is not a number; such images rank as the hardest",
        names(classes, Warnings::hasNaN));
    add(
        warnings,
        "image could not be read and was left out",
        "images could not be read and were left out",
        files.leftOut().stream().map(image -> image.id() + ": " + image.reason()).toList());
    files.warnings().forEach(text -> warnings.add(new Warning(text, List.of())));
    if (oneRepeat(files.evaluation())) {
      warnings.add(
          new Warning("Every network was trained once, so no spread can be given.", List.of()));
    }
    return warnings;
  }

  private static List<String> names(
      List<ScoreTable.ClassLosses> classes, Predicate<ScoreTable.ClassLosses> chosen) {
    return classes.stream().filter(chosen).map(ScoreTable.ClassLosses::name).toList();
  }

  private static boolean hasNaN(ScoreTable.ClassLosses losses) {
    return losses.all().length > 0 && Double.isNaN(losses.all()[losses.all().length - 1]);
  }

  private static boolean oneRepeat(Evaluation evaluation) {
    return evaluation != null
        && evaluation.distilled().networks().values().stream().anyMatch(a -> a.repeats() == 1);
  }

  private static void add(List<Warning> warnings, String one, String several, List<String> names) {
    if (!names.isEmpty()) {
      List<String> details = new ArrayList<>(names.subList(0, Math.min(NAMED, names.size())));
      if (names.size() > NAMED) {
        details.add("and " + Numbers.count(names.size() - NAMED) + " more");
      }
      warnings.add(
          new Warning(
              Numbers.count(names.size()) + " " + (names.size() == 1 ? one : several) + ":",
              details));
    }
  }
}
