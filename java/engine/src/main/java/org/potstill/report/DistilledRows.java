package org.potstill.report;

import java.util.ArrayList;
import java.util.List;

/** The distilled images beside what they started from, class after class. */
final class DistilledRows {

  private static final int LONGEST_SIDE = 160;
  private static final long BYTE_BUDGET = 4L << 20;
  private static final int MOST_FRAMES = 4;
  private static final int MOST_IMAGES = 300;

  private final RunFiles files;
  private final List<ImageSet> stages;
  private final Pictures pictures = new Pictures(LONGEST_SIDE, BYTE_BUDGET);
  private int shown;

  DistilledRows(RunFiles files) {
    this.files = files;
    this.stages = stages(files);
  }

  /**
   * The images of a class.
   *
   * @param name of the class
   * @param images one strip per synthetic image
   */
  record Row(String name, List<Strip> images) {}

  /**
   * One synthetic image over time.
   *
   * @param frames from its start to the result
   */
  record Strip(List<Frame> frames) {}

  /**
   * One synthetic image at one time.
   *
   * @param picture how it looked
   * @param label when
   * @param last whether it is the result
   */
  record Frame(Pictures.Picture picture, String label, boolean last) {}

  /** The start, up to two sets on the way, and the result; only sets of the same images. */
  private static List<ImageSet> stages(RunFiles files) {
    List<ImageSet> earlier =
        files.earlier().stream()
            .filter(set -> set.matches(files.distilled()))
            .filter(set -> set.iteration() < files.distilled().iteration())
            .toList();
    List<ImageSet> stages = new ArrayList<>();
    int wanted = Math.min(earlier.size(), MOST_FRAMES - 1);
    for (int i = 0; i < wanted; i++) {
      stages.add(earlier.get(i * earlier.size() / wanted));
    }
    stages.add(files.distilled());
    return stages;
  }

  /** Rows as far as the page has room: the first image of every class, then the second, ... */
  List<Row> rows() {
    List<List<Integer>> classes = files.distilled().byClass();
    List<Row> rows = new ArrayList<>();
    for (List<Integer> group : classes) {
      rows.add(new Row(files.distilled().className(group.get(0)), new ArrayList<>()));
    }
    int most = classes.stream().mapToInt(List::size).max().orElse(0);
    for (int rank = 0; rank < most; rank++) {
      for (int c = 0; c < classes.size(); c++) {
        if (rank < classes.get(c).size() && shown < MOST_IMAGES && pictures.hasRoom()) {
          rows.get(c).images().add(strip(classes.get(c).get(rank)));
          shown++;
        }
      }
    }
    rows.removeIf(row -> row.images().isEmpty());
    return rows;
  }

  private Strip strip(int index) {
    List<Frame> frames = new ArrayList<>();
    for (ImageSet set : stages) {
      boolean last = set.equals(files.distilled());
      String label = last ? "result" : set.iteration() == 0 ? "start" : "after " + set.iteration();
      String alt =
          "synthetic image "
              + index
              + " of class "
              + files.distilled().className(index)
              + ", "
              + label;
      frames.add(new Frame(pictures.of(set.image(index), alt), label, last));
    }
    return new Strip(frames);
  }

  /** Pictures per synthetic image. */
  int frames() {
    return stages.size();
  }

  /** What the reader should know of what is shown, after {@link #rows()}. */
  String note() {
    StringBuilder note = new StringBuilder();
    int count = files.distilled().count();
    if (stages.size() > 1) {
      boolean start = stages.get(0).iteration() == 0;
      note.append(start ? "From the images they started from" : "From an earlier iteration");
      note.append(", on the left, to the result. ");
    } else {
      note.append("The run keeps no images of the start, so only the results are shown. ");
    }
    if (shown < count) {
      note.append("To keep this page small it shows " + Numbers.count(shown));
      note.append(" of " + Numbers.count(count) + " images; all are in distilled/images. ");
    }
    return note.toString().strip();
  }
}
