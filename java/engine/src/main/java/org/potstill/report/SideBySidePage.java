package org.potstill.report;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * All that the template of several runs shows.
 *
 * @param title names of the spaces
 * @param summary one sentence
 * @param figures the accuracy of every run
 * @param warnings sentences on what could not be read
 * @param runs number of runs
 * @param classes images of every class, one line per run
 * @param note on them
 * @param labels of the runs, heads of the table
 * @param facts on every run, one row per key
 */
record SideBySidePage(
    String title,
    String summary,
    List<HeadFigures.Figure> figures,
    List<String> warnings,
    int runs,
    List<ClassImages> classes,
    String note,
    List<String> labels,
    List<RunFacts.Fact> facts) {

  private static final int LONGEST_SIDE = 160;
  private static final long BYTE_BUDGET = 6L << 20;
  private static final int MOST_IMAGES = 600;

  /**
   * A class.
   *
   * @param name of the class
   * @param lines one per run
   */
  record ClassImages(String name, List<Line> lines) {}

  /**
   * The images of a class that one run made.
   *
   * @param label of the run
   * @param images in their order
   */
  record Line(String label, List<Pictures.Picture> images) {}

  boolean hasWarnings() {
    return !warnings.isEmpty();
  }

  /** Whether every run shows one image of a class, so that the runs stand in columns. */
  boolean oneEach() {
    return classes.stream()
        .flatMap(shown -> shown.lines().stream())
        .allMatch(line -> line.images().size() <= 1);
  }

  static SideBySidePage of(List<ComparedRun> runs, Set<String> classes) {
    List<String> labels = RunFacts.labels(runs);
    List<ClassImages> images = images(runs, labels, classes);
    List<String> warnings = new ArrayList<>();
    for (int i = 0; i < runs.size(); i++) {
      String label = labels.get(i);
      runs.get(i).warnings().forEach(warning -> warnings.add(label + ": " + warning));
    }
    return new SideBySidePage(
        String.join(", ", labels),
        Numbers.count(classes.size(), "classes")
            + " of "
            + runs.get(0).data().source()
            + ", distilled by "
            + Numbers.count(runs.size(), "runs")
            + ".",
        RunFacts.accuracies(runs, labels),
        warnings,
        runs.size(),
        images,
        note(runs, classes, images),
        labels,
        RunFacts.of(runs));
  }

  /** The first image of every class and run, then the second, as far as the page has room. */
  private static List<ClassImages> images(
      List<ComparedRun> runs, List<String> labels, Set<String> classes) {
    Pictures pictures = new Pictures(LONGEST_SIDE, BYTE_BUDGET);
    List<Map<String, List<Integer>>> indices =
        runs.stream().map(ComparedRun::imagesByClass).toList();
    List<ClassImages> shown = new ArrayList<>();
    for (String key : classes) {
      ImageSet first = runs.get(0).distilled();
      String name = first.className(indices.get(0).get(key).get(0));
      shown.add(
          new ClassImages(
              name, labels.stream().map(label -> new Line(label, new ArrayList<>())).toList()));
    }
    int left = MOST_IMAGES;
    boolean more = true;
    for (int rank = 0; more; rank++) {
      more = false;
      int row = 0;
      for (String key : classes) {
        ClassImages of = shown.get(row++);
        if (left < runs.size() || !pictures.hasRoom()) {
          return withImages(shown);
        }
        for (int r = 0; r < runs.size(); r++) {
          List<Integer> own = indices.get(r).get(key);
          if (rank < own.size()) {
            String alt = "synthetic image of class " + of.name() + ", " + labels.get(r);
            Pictures.Picture picture =
                pictures.of(runs.get(r).distilled().image(own.get(rank)), alt);
            of.lines().get(r).images().add(picture);
            left--;
            more = true;
          }
        }
      }
    }
    return withImages(shown);
  }

  private static List<ClassImages> withImages(List<ClassImages> classes) {
    return classes.stream()
        .filter(some -> some.lines().stream().anyMatch(line -> !line.images().isEmpty()))
        .toList();
  }

  private static String note(
      List<ComparedRun> runs, Set<String> shared, List<ClassImages> classes) {
    StringBuilder note = new StringBuilder("What every run made of the same class. ");
    Set<String> all = new LinkedHashSet<>();
    long images = 0;
    for (ComparedRun run : runs) {
      Map<String, List<Integer>> own = run.imagesByClass();
      all.addAll(own.keySet());
      images += shared.stream().mapToLong(key -> own.get(key).size()).sum();
    }
    if (all.size() > shared.size()) {
      note.append(Numbers.count(all.size() - shared.size(), "classes"));
      note.append(" that not every run has ");
      note.append(all.size() - shared.size() == 1 ? "is left out. " : "are left out. ");
    }
    long shown =
        classes.stream()
            .flatMap(some -> some.lines().stream())
            .mapToLong(line -> line.images().size())
            .sum();
    if (shown < images) {
      note.append("To keep this page small it shows ").append(Numbers.count(shown));
      note.append(" of ").append(Numbers.count(images));
      note.append(" images; all are in distilled/images of the runs. ");
    }
    return note.toString().strip();
  }
}
