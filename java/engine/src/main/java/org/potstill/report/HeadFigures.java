package org.potstill.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.potstill.run.ConfigText;

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
    long in = files.imagesIn();
    long kept = scores.keptImages();
    long distilled = files.distilled().count();
    List<Figure> figures = new ArrayList<>();
    if (in > 0) {
      String classes = "in " + Numbers.count(scores.classCount(), "classes");
      figures.add(new Figure("Images in", Numbers.count(in), classes));
    }
    if (in > 0 || kept > 0) {
      String share =
          in > 0 ? Numbers.percent((double) kept / in) + " of them" : "images, drawn at random";
      figures.add(new Figure("Kept", Numbers.count(kept), share));
    }
    figures.add(new Figure("Distilled", Numbers.count(distilled), perClass(files)));
    figures.add(accuracy("Accuracy", files.config(), files.evaluation()));
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

  /**
   * The network whose accuracy stands at the head: the one that distilled, else the first; empty
   * where there is none.
   *
   * @param evaluation null where the run was not evaluated
   */
  static String network(ConfigText config, Evaluation evaluation) {
    if (evaluation == null || evaluation.distilled().networks().isEmpty()) {
      return "";
    }
    Set<String> names = evaluation.distilled().networks().keySet();
    String distilling = config.text("distill.network.name", "");
    return names.contains(distilling) ? distilling : names.iterator().next();
  }

  /**
   * The accuracy of a run beside that of random images.
   *
   * @param label what stands above it
   * @param evaluation null where the run was not evaluated
   */
  static Figure accuracy(String label, ConfigText config, Evaluation evaluation) {
    String network = network(config, evaluation);
    if (network.isEmpty()) {
      return new Figure(label, "–", "not evaluated");
    }
    double mean = evaluation.distilled().networks().get(network).mean();
    Evaluation.TrainingSet random = evaluation.baselines().get("random");
    Evaluation.Accuracy baseline = random == null ? null : random.networks().get(network);
    String note = "of " + network;
    if (baseline != null) {
      String from = Numbers.percent(baseline.mean()) + " from as many random images";
      note = Numbers.points(mean - baseline.mean()) + "; " + from;
    }
    return new Figure(label, Numbers.percent(mean), note);
  }
}
