package org.potstill.report;

import java.util.ArrayList;
import java.util.List;

/** The figures at the head of the page. */
final class HeadFigures {

  private HeadFigures() {}

  /**
   * A figure.
   *
   * @param label what it is
   * @param value the figure
   * @param note what it is to be compared with
   */
  record Figure(String label, String value, String note) {}

  static List<Figure> of(RunFiles files) {
    ScoreTable scores = files.scores();
    long in = scores.images();
    long distilled = files.distilled().count();
    List<Figure> figures = new ArrayList<>();
    if (in > 0) {
      String classes = "in " + Numbers.count(files.classLosses().size(), "classes");
      figures.add(new Figure("Images in", Numbers.count(in), classes));
      String share = Numbers.percent((double) scores.keptImages() / in) + " of them";
      figures.add(new Figure("Kept", Numbers.count(scores.keptImages()), share));
    }
    figures.add(new Figure("Distilled", Numbers.count(distilled), perClass(files)));
    figures.add(accuracy(files));
    if (in > 0 && distilled > 0) {
      figures.add(
          new Figure(
              "Compression", Numbers.ratio(in, distilled) + "×", "images in for one distilled"));
    }
    return figures;
  }

  private static String perClass(RunFiles files) {
    int classes = files.distilled().classCount();
    return classes == 0
        ? "images"
        : Numbers.count(Math.round((double) files.distilled().count() / classes)) + " per class";
  }

  private static Figure accuracy(RunFiles files) {
    Evaluation evaluation = files.evaluation();
    String network = files.headNetwork();
    if (network.isEmpty()) {
      return new Figure("Accuracy", "–", "not evaluated");
    }
    double mean = evaluation.distilled().networks().get(network).mean();
    Evaluation.TrainingSet random = evaluation.baselines().get("random");
    Evaluation.Accuracy baseline = random == null ? null : random.networks().get(network);
    String note = "of " + network;
    if (baseline != null) {
      String from = Numbers.percent(baseline.mean()) + " from as many random images";
      note = Numbers.points(mean - baseline.mean()) + "; " + from;
    }
    return new Figure("Accuracy", Numbers.percent(mean), note);
  }
}
