package org.potstill.score;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Predicate;
import org.apache.commons.csv.CSVPrinter;
import org.apache.commons.csv.CSVRecord;
import org.potstill.run.AtomicFiles;
import org.potstill.run.CsvFiles;

/**
 * Images that cannot be read and were left out, with the reason ({@code left-out.csv}).
 *
 * @param reasons reason in one line by id, in the order of the data set
 */
public record LeftOut(Map<String, String> reasons) {

  /** Where a run lists them. */
  public static final String FILE = "left-out.csv";

  private static final String[] HEADER = {"id", "reason"};

  /** Copies the map. */
  public LeftOut {
    reasons = new LinkedHashMap<>(reasons);
  }

  /**
   * What the user is told of them.
   *
   * @param which of the images, in words that follow "cannot be read"; may be empty
   */
  public String words(String which) {
    boolean one = reasons.size() == 1;
    return reasons.size()
        + (one ? " image" : " images")
        + " cannot be read"
        + which
        + (one ? " and is listed in " : " and are listed in ")
        + FILE;
  }

  /**
   * Writes {@code id,reason}, one line per image; writes nothing but the header where there is
   * none.
   *
   * @throws org.potstill.errors.RunFailedException where the file cannot be written
   */
  public void write(Path file) {
    AtomicFiles.write(
        file,
        part -> {
          try (CSVPrinter printer = CsvFiles.printer(part, HEADER)) {
            for (Map.Entry<String, String> entry : reasons.entrySet()) {
              printer.printRecord(entry.getKey(), entry.getValue());
            }
          }
        });
  }

  /**
   * Takes images off those that {@code file} lists; leaves it alone where it lists none of them.
   *
   * @throws org.potstill.errors.RunFailedException where the file cannot be written
   * @throws org.potstill.errors.InputException where it cannot be read or has other columns
   */
  public static void takeOff(Path file, Predicate<String> ids) {
    Map<String, String> all = read(file).reasons();
    if (all.keySet().removeIf(ids)) {
      new LeftOut(all).write(file);
    }
  }

  /**
   * Adds images to those that {@code file} lists; leaves it alone where there is none to add.
   *
   * @throws org.potstill.errors.RunFailedException where the file cannot be written
   * @throws org.potstill.errors.InputException where it cannot be read or has other columns
   */
  public void addTo(Path file) {
    Map<String, String> all = read(file).reasons();
    if (!all.keySet().containsAll(reasons.keySet())) {
      all.putAll(reasons);
      new LeftOut(all).write(file);
    }
  }

  /**
   * Reads what {@link #write} wrote; a file that is not there lists nothing.
   *
   * @throws org.potstill.errors.InputException where it cannot be read or has other columns
   */
  public static LeftOut read(Path file) {
    Map<String, String> reasons = new LinkedHashMap<>();
    if (Files.exists(file)) {
      for (CSVRecord line : CsvFiles.read(file, HEADER)) {
        reasons.put(line.get(0), line.get(1));
      }
    }
    return new LeftOut(reasons);
  }
}
