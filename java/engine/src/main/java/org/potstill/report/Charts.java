package org.potstill.report;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.ArrayList;
import java.util.List;

/** The charts of the page, and their data as the script of the page reads them. */
final class Charts {

  /** Classes whose histogram is drawn; all are in the table. */
  static final int DRAWN_CLASSES = 24;

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String ACCURACY = "curve-accuracy";
  private static final int CURVE_POINTS = 600;
  private static final List<String> CURVES = List.of("score", "experts", "distill");

  private final List<Chart> histograms = new ArrayList<>();
  private final List<Chart> curves = new ArrayList<>();

  Charts(RunFiles files) {
    String mode = files.config().text("prune.mode", "easy");
    List<ScoreTable.ClassLosses> classes = files.classLosses();
    LossBins bins = LossBins.over(classes);
    for (ScoreTable.ClassLosses losses : classes.subList(0, drawn(classes.size()))) {
      histograms.add(histogram(losses, bins, losses.cut(mode)));
    }
    for (String stage : CURVES) {
      LossLog.Series series = files.metrics().losses(stage);
      if (series.steps().length > 1) {
        curves.add(curve(stage, series));
      }
    }
    if (files.evaluation() != null && files.evaluation().byIteration().size() > 1) {
      curves.add(accuracies(files.evaluation()));
    }
  }

  private static int drawn(int classes) {
    return Math.min(classes, DRAWN_CLASSES);
  }

  /**
   * A chart.
   *
   * @param id in the page
   * @param title of the chart
   * @param note what to see beside the drawing
   * @param description for those who do not see the drawing
   * @param data for the script
   */
  record Chart(String id, String title, String note, String description, Object data) {}

  /** Histogram over equal bins of log10 of the loss, kept images apart from all. */
  @SuppressWarnings("ArrayRecordComponent")
  record Histogram(double start, double width, int[] all, int[] kept, Double cut) {}

  /** A curve, thinned to the mean of neighbouring steps, with the names of its axes. */
  @SuppressWarnings("ArrayRecordComponent")
  record Curve(double[] steps, double[] values, String step, String value) {}

  List<Chart> histograms() {
    return histograms;
  }

  List<Chart> curves() {
    return curves;
  }

  /** Whether a stage logged losses enough for a curve. */
  boolean hasLosses() {
    return curves.stream().anyMatch(chart -> !chart.id().equals(ACCURACY));
  }

  /** The data of all charts as JSON that cannot end a script element. */
  String json() {
    List<Chart> all = new ArrayList<>(histograms);
    all.addAll(curves);
    try {
      return JSON.writeValueAsString(all).replace("<", "\\u003c");
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("records of numbers and text are always JSON", e);
    }
  }

  private Chart histogram(ScoreTable.ClassLosses losses, LossBins bins, double cut) {
    Double line = Double.isNaN(cut) ? null : Double.valueOf(bins.position(cut));
    Histogram data =
        new Histogram(
            bins.start(), bins.width(), bins.count(losses.all()), bins.count(losses.kept()), line);
    String note =
        Numbers.count(losses.kept().length)
            + " of "
            + Numbers.count(losses.all().length)
            + (line == null ? " kept" : " kept, cut at " + Numbers.loss(cut));
    String description =
        "Histogram of the losses of class "
            + losses.name()
            + ": median "
            + Numbers.loss(losses.median())
            + ", "
            + note;
    return new Chart("histogram-" + histograms.size(), losses.name(), note, description, data);
  }

  private static Chart curve(String stage, LossLog.Series series) {
    double[] steps = thinned(series.steps());
    double[] values = thinned(series.values());
    double first = values[0];
    double last = values[values.length - 1];
    String note = "loss from " + Numbers.loss(first) + " to " + Numbers.loss(last);
    String title =
        switch (stage) {
          case "score" -> "Training of the scorer";
          case "experts" -> "Training of the experts";
          default -> "Distillation";
        };
    String description = note + " over " + series.steps().length + " logged steps";
    Curve data = new Curve(steps, values, stage.equals("distill") ? "iteration" : "epoch", "loss");
    return new Chart("curve-" + stage, title, note, description, data);
  }

  private static Chart accuracies(Evaluation evaluation) {
    double[] steps =
        evaluation.byIteration().keySet().stream().mapToDouble(Long::doubleValue).toArray();
    double[] percent =
        evaluation.byIteration().values().stream().mapToDouble(share -> 100 * share).toArray();
    String note = "iteration " + Numbers.count(evaluation.selectedIteration()) + " was chosen";
    return new Chart(
        ACCURACY,
        "Accuracy by which the iteration was chosen",
        note,
        "Accuracy at " + steps.length + " iterations; " + note,
        new Curve(steps, percent, "iteration", "accuracy in percent"));
  }

  private static double[] thinned(double[] values) {
    int points = Math.min(values.length, CURVE_POINTS);
    double[] means = new double[points];
    for (int i = 0; i < points; i++) {
      int from = (int) ((long) i * values.length / points);
      int to = (int) ((long) (i + 1) * values.length / points);
      for (int j = from; j < to; j++) {
        means[i] += values[j] / (to - from);
      }
    }
    return means;
  }
}
