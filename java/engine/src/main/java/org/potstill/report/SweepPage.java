package org.potstill.report;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.potstill.config.Sweep;
import org.potstill.net.Networks;

/**
 * All that the template of a sweep shows.
 *
 * @param title name of the sweep
 * @param summary one sentence
 * @param warnings sentences on what failed or could not be read
 * @param heads names of the axes but the last, above their values
 * @param across name of the last axis
 * @param tables one per figure
 * @param protocol how the runs were measured, as far as all were measured alike
 */
record SweepPage(
    String title,
    String summary,
    List<String> warnings,
    List<String> heads,
    String across,
    List<Table> tables,
    List<EvaluationRows.Entry> protocol) {

  /**
   * A table.
   *
   * @param name of the figure
   * @param about what it is
   * @param columns heads of the columns
   * @param rows one per combination of the other values
   */
  record Table(String name, String about, List<String> columns, List<Row> rows) {

    int width() {
      return columns.size();
    }
  }

  /**
   * A row.
   *
   * @param values of the axes but the last
   * @param cells one per column
   */
  record Row(List<String> values, List<Cell> cells) {}

  /**
   * A cell.
   *
   * @param text what was measured, or how far the run came
   * @param link to the page of the run; empty where there is none
   * @param notes to stand below it: what was published, and the baselines
   * @param measured whether there is a figure
   */
  record Cell(String text, String link, List<String> notes, boolean measured) {

    boolean hasLink() {
      return !link.isEmpty();
    }
  }

  boolean hasWarnings() {
    return !warnings.isEmpty();
  }

  boolean hasProtocol() {
    return !protocol.isEmpty();
  }

  static SweepPage of(SweepTable table) {
    Sweep sweep = table.sweep();
    List<String> names = sweep.axes().stream().map(Sweep.Axis::name).toList();
    return new SweepPage(
        sweep.name(),
        Numbers.count(table.evaluated())
            + " of "
            + Numbers.count(table.entries().size(), "runs")
            + " measured, over "
            + String.join(", ", names)
            + ".",
        Stream.of(table.failures(), table.warnings()).flatMap(List::stream).toList(),
        names.subList(0, names.size() - 1),
        sweep.across().name(),
        table.figures().stream().map(figure -> table(table, figure)).toList(),
        protocol(table));
  }

  private static Table table(SweepTable table, String figure) {
    SweepGrid grid = SweepGrid.of(table, figure);
    List<Row> rows = new ArrayList<>();
    for (SweepGrid.Row row : grid.rows()) {
      List<Cell> cells = row.cells().stream().map(cell -> cell(table, cell, figure)).toList();
      rows.add(new Row(row.values(), cells));
    }
    boolean cross = figure.equals(Networks.CROSS);
    return new Table(
        cross ? "Across networks" : figure,
        cross
            ? "Mean accuracy of the networks that did not distil."
            : "Accuracy of " + figure + ".",
        grid.columns(),
        rows);
  }

  private static Cell cell(SweepTable table, SweepGrid.Cell cell, String figure) {
    Evaluation.Accuracy accuracy = cell.accuracy();
    List<String> notes = new ArrayList<>();
    if (cell.published() != null) {
      notes.add("published " + Numbers.percent(cell.published()));
    }
    if (accuracy == null) {
      return new Cell(cell.entry() == null ? "–" : cell.state(), "", notes, false);
    }
    if (cell.entry() != null) {
      Evaluation.TrainingSet maxima = cell.entry().evaluation().maxima();
      if (maxima != null && SweepTable.of(maxima, figure) != null) {
        notes.add("best of each " + Numbers.percent(SweepTable.of(maxima, figure).mean()));
      }
      notes.addAll(baselines(table, cell.entry(), figure));
    }
    boolean linked = cell.entry() != null && cell.entry().hasReport();
    return new Cell(
        Numbers.percent(accuracy), linked ? link(cell.entry().run().folder()) : "", notes, true);
  }

  /** What baselines reached beside a run, and what was published of them. */
  private static List<String> baselines(SweepTable table, SweepTable.Entry entry, String figure) {
    List<String> notes = new ArrayList<>();
    entry
        .evaluation()
        .baselines()
        .forEach(
            (name, set) -> {
              Evaluation.Accuracy same = SweepTable.of(set, figure);
              Double published = table.published(name, figure, entry.run().values());
              if (same != null) {
                notes.add(
                    name
                        + " "
                        + Numbers.percent(same.mean())
                        + (published == null ? "" : ", published " + Numbers.percent(published)));
              }
            });
    return notes;
  }

  /** Names of folders may have letters that an address may not have. */
  private static String link(String folder) {
    List<String> parts = new ArrayList<>();
    for (String name : folder.split("/", -1)) {
      parts.add(URLEncoder.encode(name, StandardCharsets.UTF_8).replace("+", "%20"));
    }
    return String.join("/", parts) + "/report.html";
  }

  /** What all evaluations have in common. */
  private static List<EvaluationRows.Entry> protocol(SweepTable table) {
    Map<String, String> shared = new LinkedHashMap<>();
    boolean first = true;
    for (SweepTable.Entry entry : table.entries()) {
      if (entry.evaluation() != null) {
        Map<String, String> own = entry.evaluation().protocol();
        if (first) {
          shared.putAll(own);
        }
        shared.entrySet().retainAll(own.entrySet());
        first = false;
      }
    }
    return EvaluationRows.entries(shared);
  }
}
