package org.potstill.report;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** The table of accuracies: networks down, training sets across. */
final class EvaluationRows {

  private EvaluationRows() {}

  /**
   * The table.
   *
   * @param sets names of the training sets
   * @param rows one per network, then the mean across networks
   * @param protocol how it was measured
   */
  record Table(List<String> sets, List<Row> rows, List<Entry> protocol) {}

  /**
   * A network.
   *
   * @param network its name
   * @param cells one per training set
   * @param repeats trainings on the distilled images
   */
  record Row(String network, List<Cell> cells, String repeats) {}

  /**
   * An accuracy.
   *
   * @param text mean and spread
   * @param interval 95 percent confidence interval of the mean; empty where there is none
   * @param bar mean in percent, the length of its bar
   */
  record Cell(String text, String interval, String bar) {}

  /** A name and its value. */
  record Entry(String name, String value) {}

  /** The table, or null where the run was not evaluated. */
  static Table of(Evaluation evaluation) {
    if (evaluation == null) {
      return null;
    }
    List<String> names = new ArrayList<>(List.of("distilled"));
    List<Evaluation.TrainingSet> sets = new ArrayList<>(List.of(evaluation.distilled()));
    if (evaluation.maxima() != null) {
      names.add("distilled, best iteration of each network");
      sets.add(evaluation.maxima());
    }
    evaluation.baselines().forEach((name, set) -> names.add(name + " images"));
    sets.addAll(evaluation.baselines().values());
    Set<String> networks = new LinkedHashSet<>();
    sets.forEach(set -> networks.addAll(set.networks().keySet()));
    List<Row> rows = new ArrayList<>();
    for (String network : networks) {
      rows.add(row(network, sets.stream().map(set -> set.networks().get(network)).toList()));
    }
    if (sets.stream().anyMatch(set -> set.cross() != null)) {
      List<Evaluation.Accuracy> cross = new ArrayList<>();
      sets.forEach(set -> cross.add(set.cross()));
      rows.add(row("mean of the others", cross));
    }
    return new Table(names, rows, entries(evaluation.protocol()));
  }

  /** Names and values in the order of the map. */
  static List<Entry> entries(Map<String, String> map) {
    return map.entrySet().stream().map(e -> new Entry(e.getKey(), e.getValue())).toList();
  }

  private static Row row(String network, List<Evaluation.Accuracy> accuracies) {
    List<Cell> cells = new ArrayList<>();
    int repeats = 0;
    for (Evaluation.Accuracy accuracy : accuracies) {
      cells.add(cell(accuracy));
      repeats = Math.max(repeats, accuracy == null ? 0 : accuracy.repeats());
    }
    return new Row(network, cells, repeats == 0 ? "" : Numbers.count(repeats));
  }

  private static Cell cell(Evaluation.Accuracy accuracy) {
    if (accuracy == null || Double.isNaN(accuracy.mean())) {
      return new Cell("–", "", "0%");
    }
    return new Cell(
        Numbers.percent(accuracy),
        Double.isNaN(accuracy.ci95())
            ? ""
            : "95 %: " + Numbers.interval(accuracy.mean(), accuracy.ci95()),
        String.format(Locale.ROOT, "%.1f%%", 100 * accuracy.mean()));
  }
}
