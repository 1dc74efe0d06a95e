package org.potstill.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.potstill.net.Networks;

/** The table of a sweep for a terminal. */
final class SweepText {

  private SweepText() {}

  /** Lines of text without the last line break; none where nothing was measured. */
  static List<String> of(SweepTable table) {
    Optional<String> measured = table.figures().stream().filter(table::isMeasured).findFirst();
    if (measured.isEmpty()) {
      return List.of();
    }
    SweepGrid grid = SweepGrid.of(table, measured.get());
    List<List<String>> rows = new ArrayList<>();
    List<String> head = new ArrayList<>(List.of(""));
    head.addAll(grid.columns());
    rows.add(head);
    for (SweepGrid.Row row : grid.rows()) {
      List<String> line = new ArrayList<>(List.of(String.join(" ", row.values())));
      row.cells().forEach(cell -> line.add(text(cell)));
      rows.add(line);
    }
    List<String> lines = new ArrayList<>();
    lines.add(title(table, grid));
    lines.addAll(aligned(rows));
    return lines;
  }

  private static String title(SweepTable table, SweepGrid grid) {
    boolean cross = grid.figure().equals(Networks.CROSS);
    String what = cross ? "mean over the networks that did not distil" : "of " + grid.figure();
    boolean published = table.sweep().published().containsKey(grid.figure());
    return "accuracy in percent, "
        + what
        + (published ? "; in brackets what was published" : "")
        + "; across: "
        + table.sweep().across().name();
  }

  private static String text(SweepGrid.Cell cell) {
    Evaluation.Accuracy accuracy = cell.accuracy();
    String measured =
        accuracy == null
            ? cell.state().isEmpty() ? "-" : cell.state()
            : accuracy.repeats() == 1
                ? percent(accuracy.mean())
                : percent(accuracy.mean()) + " +- " + percent(accuracy.std());
    return cell.published() == null ? measured : measured + " [" + percent(cell.published()) + "]";
  }

  private static String percent(double share) {
    return String.format(Locale.ROOT, "%.1f", 100 * share);
  }

  private static List<String> aligned(List<List<String>> rows) {
    int columns = rows.get(0).size();
    int[] widths = new int[columns];
    for (List<String> row : rows) {
      for (int i = 0; i < columns; i++) {
        widths[i] = Math.max(widths[i], row.get(i).length());
      }
    }
    List<String> lines = new ArrayList<>();
    for (List<String> row : rows) {
      StringBuilder line = new StringBuilder();
      for (int i = 0; i < columns; i++) {
        line.append("  ").append(row.get(i)).append(" ".repeat(widths[i] - row.get(i).length()));
      }
      lines.add(line.toString().stripTrailing());
    }
    return lines;
  }
}
