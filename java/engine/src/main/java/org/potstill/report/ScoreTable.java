package org.potstill.report;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVParser;
import org.apache.commons.csv.CSVRecord;
import org.apache.commons.math3.util.ResizableDoubleArray;
import org.potstill.errors.InputException;

/** Losses of all scored images and of the kept ones, by class; ids are not held. */
final class ScoreTable {

  private final Map<String, ResizableDoubleArray> all = new LinkedHashMap<>();
  private final Map<String, ResizableDoubleArray> kept = new LinkedHashMap<>();

  /** Reads {@code scores.csv} and {@code coreset.csv}. */
  static ScoreTable read(Path scores, Path coreset) {
    ScoreTable table = new ScoreTable();
    fill(scores, table.all);
    fill(coreset, table.kept);
    return table;
  }

  /** Reads {@code coreset.csv} where nothing was scored: what was kept has no losses. */
  static ScoreTable unscored(Path coreset) {
    ScoreTable table = new ScoreTable();
    fill(coreset, table.kept);
    return table;
  }

  /**
   * Opens a CSV file whose first line names the columns.
   *
   * @throws IOException where it lacks one of {@code columns}
   */
  static CSVParser open(Path file, String... columns) throws IOException {
    CSVParser rows =
        CSVParser.builder()
            .setPath(file)
            .setCharset(StandardCharsets.UTF_8)
            .setFormat(CSVFormat.RFC4180.builder().setHeader().setSkipHeaderRecord(true).get())
            .get();
    if (!rows.getHeaderNames().containsAll(List.of(columns))) {
      rows.close();
      throw new IOException("its first line does not name " + String.join(", ", columns));
    }
    return rows;
  }

  private static void fill(Path file, Map<String, ResizableDoubleArray> losses) {
    try (CSVParser rows = open(file, "id", "class", "loss")) {
      for (CSVRecord row : rows) {
        losses
            .computeIfAbsent(row.get("class"), name -> new ResizableDoubleArray())
            .addElement(Double.parseDouble(row.get("loss")));
      }
    } catch (IOException e) {
      throw RunFiles.broken(file, e);
    } catch (IllegalArgumentException | java.io.UncheckedIOException e) {
      throw new InputException(file + " is not a table of losses: " + e.getMessage(), e);
    }
  }

  /**
   * Classes in the order in which the scores name them.
   *
   * @param displayName of a class, by its name in the source
   */
  List<ClassLosses> classes(UnaryOperator<String> displayName) {
    List<ClassLosses> classes = new ArrayList<>();
    for (String key : all.keySet()) {
      classes.add(
          new ClassLosses(
              key, displayName.apply(key), sorted(all.get(key)), sorted(kept.get(key))));
    }
    return classes;
  }

  /** Number of images scored. */
  long images() {
    return count(all.values());
  }

  /** Number of images kept. */
  long keptImages() {
    return count(kept.values());
  }

  /** Number of classes with an image scored or, where nothing was scored, kept. */
  int classCount() {
    return all.isEmpty() ? kept.size() : all.size();
  }

  private static long count(Collection<ResizableDoubleArray> classes) {
    return classes.stream().mapToLong(ResizableDoubleArray::getNumElements).sum();
  }

  private static double[] sorted(ResizableDoubleArray losses) {
    double[] values = losses == null ? new double[0] : losses.getElements();
    Arrays.sort(values);
    return values;
  }

  /**
   * Losses of one class.
   *
   * @param key its name in the source
   * @param name of the class as shown
   * @param all losses of its images, ascending, NaN last
   * @param kept losses of the kept ones, ascending
   */
  @SuppressWarnings("ArrayRecordComponent")
  record ClassLosses(String key, String name, double[] all, double[] kept) {

    double median() {
      return all.length == 0 ? Double.NaN : all[all.length / 2];
    }

    /** Loss at which the kept images end: the highest for easy, the lowest for hard. */
    double cut(String mode) {
      boolean ordered = mode.equals("easy") || mode.equals("hard");
      if (!ordered || kept.length == 0 || kept.length == all.length) {
        return Double.NaN;
      }
      return mode.equals("easy") ? kept[kept.length - 1] : kept[0];
    }
  }
}
