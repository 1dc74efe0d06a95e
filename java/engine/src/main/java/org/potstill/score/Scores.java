package org.potstill.score;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.apache.commons.csv.CSVPrinter;
import org.apache.commons.csv.CSVRecord;
import org.potstill.errors.InputException;
import org.potstill.run.AtomicFiles;
import org.potstill.run.CsvFiles;

/**
 * The loss of every scored image, in the order of the data set ({@code scores.csv}).
 *
 * @param entries one per image
 */
public record Scores(List<Entry> entries) {

  /** Where a run keeps its scores. */
  public static final String FILE = "scores.csv";

  private static final String[] HEADER = {"id", "class", "loss"};

  /**
   * One scored image.
   *
   * @param id path below the source with '/' separators
   * @param classKey the class as the source spells it
   * @param loss cross-entropy in nats, or the comparable figure that the page on scoring defines
   */
  public record Entry(String id, String classKey, float loss) {}

  /** Copies the list. */
  public Scores {
    entries = List.copyOf(entries);
  }

  /**
   * Writes {@code id,class,loss}, one line per image; every loss reads back bit-equal.
   *
   * @throws org.potstill.errors.RunFailedException where the file cannot be written
   */
  public void write(Path file) {
    AtomicFiles.write(
        file,
        part -> {
          try (CSVPrinter printer = CsvFiles.printer(part, HEADER)) {
            for (Entry entry : entries) {
              printer.printRecord(entry.id(), entry.classKey(), Float.toString(entry.loss()));
            }
          }
        });
  }

  /**
   * Reads what {@link #write} wrote.
   *
   * @throws InputException where the file is missing, has other columns, names an image twice or
   *     holds a loss that is no number
   */
  public static Scores read(Path file) {
    List<Entry> entries = new ArrayList<>();
    Set<String> seen = new HashSet<>();
    for (CSVRecord line : CsvFiles.read(file, HEADER)) {
      Entry entry = new Entry(line.get(0), line.get(1), CsvFiles.number(file, line, 2));
      if (!seen.add(entry.id())) {
        throw new InputException(
            CsvFiles.place(file, line) + ": image '" + entry.id() + "' appears a second time");
      }
      entries.add(entry);
    }
    return new Scores(entries);
  }
}
