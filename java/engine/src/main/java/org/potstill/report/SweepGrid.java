package org.potstill.report;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import org.potstill.config.Sweep;

/**
 * One figure of a sweep as a table: the last axis across, the others down.
 *
 * @param figure its name
 * @param columns values of the last axis, then the mean where one was published
 * @param rows one per combination of the other values
 */
record SweepGrid(String figure, List<String> columns, List<Row> rows) {

  /**
   * A row.
   *
   * @param values of the axes but the last; empty where there is only one axis
   * @param cells one per column
   */
  record Row(List<String> values, List<Cell> cells) {}

  /**
   * A cell.
   *
   * @param entry the run; null in the column of the mean
   * @param accuracy measured; null where there is none yet
   * @param published from 0 to 1; null where nothing was
   */
  record Cell(SweepTable.Entry entry, Evaluation.Accuracy accuracy, Double published) {

    /** How far a run without a figure came. */
    String state() {
      return entry == null ? "" : entry.evaluation() == null ? entry.state() : "not measured";
    }
  }

  /** The table of {@code figure}. */
  static SweepGrid of(SweepTable table, String figure) {
    Map<List<String>, List<Cell>> rows = new LinkedHashMap<>();
    int down = table.sweep().axes().size() - 1;
    for (SweepTable.Entry entry : table.entries()) {
      List<String> values = entry.run().values();
      Cell cell = new Cell(entry, entry.distilled(figure), table.published(figure, values));
      rows.computeIfAbsent(values.subList(0, down), key -> new ArrayList<>()).add(cell);
    }
    List<String> columns = new ArrayList<>(table.sweep().across().values());
    if (hasMean(table.sweep(), figure)) {
      columns.add(Sweep.MEAN);
      rows.forEach(
          (values, cells) -> {
            List<String> mean = new ArrayList<>(values);
            mean.add(Sweep.MEAN);
            cells.add(new Cell(null, mean(cells), table.published(figure, mean)));
          });
    }
    List<Row> all = new ArrayList<>();
    rows.forEach((values, cells) -> all.add(new Row(values, List.copyOf(cells))));
    return new SweepGrid(figure, List.copyOf(columns), all);
  }

  private static boolean hasMean(Sweep sweep, String figure) {
    return sweep.published().getOrDefault(figure, Map.of()).keySet().stream()
        .anyMatch(values -> values.get(values.size() - 1).equals(Sweep.MEAN));
  }

  /** The mean of a row once all its runs are measured. */
  private static Evaluation.Accuracy mean(List<Cell> cells) {
    if (cells.stream().anyMatch(cell -> cell.accuracy() == null)) {
      return null;
    }
    OptionalDouble mean = cells.stream().mapToDouble(cell -> cell.accuracy().mean()).average();
    return new Evaluation.Accuracy(mean.orElseThrow(), Double.NaN, Double.NaN, 1);
  }
}
