package org.potstill.run;

import java.io.IOException;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVParser;
import org.apache.commons.csv.CSVPrinter;
import org.apache.commons.csv.CSVRecord;
import org.potstill.errors.FileErrors;
import org.potstill.errors.InputException;

/**
 * The comma-separated files of a run directory: RFC 4180 in UTF-8 with a header line, whatever the
 * fields hold (commas, quotes, line breaks).
 */
public final class CsvFiles {

  private static final CSVFormat FORMAT =
      CSVFormat.RFC4180.builder().setRecordSeparator('\n').setIgnoreEmptyLines(false).get();

  private CsvFiles() {}

  /** Writes a line and reads it, in memory, with all of the library that files need. */
  static void probe() {
    StringBuilder lines = new StringBuilder();
    try (CSVPrinter printer = new CSVPrinter(lines, FORMAT)) {
      printer.printRecord("field");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    try (CSVParser parser =
        CSVParser.builder()
            .setReader(new StringReader(lines.toString()))
            .setCharset(StandardCharsets.UTF_8)
            .setFormat(FORMAT)
            .get()) {
      parser.getRecords();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A printer into {@code file} that has written the header; the caller closes it. */
  public static CSVPrinter printer(Path file, String... header) throws IOException {
    CSVPrinter printer =
        new CSVPrinter(Files.newBufferedWriter(file, StandardCharsets.UTF_8), FORMAT);
    printer.printRecord((Object[]) header);
    return printer;
  }

  /**
   * All records after the header line.
   *
   * @throws InputException where the file cannot be read, the columns are others than {@code
   *     header}, or a line has more or fewer fields
   */
  public static List<CSVRecord> read(Path file, String... header) {
    List<CSVRecord> records = records(file);
    if (records.isEmpty()) {
      throw new InputException(file + " is empty; write or copy it again");
    }
    if (!Arrays.equals(records.get(0).values(), header)) {
      throw new InputException(
          file
              + ": the first line should be '"
              + String.join(",", header)
              + "', not '"
              + String.join(",", records.get(0).values())
              + "'");
    }
    for (CSVRecord line : records) {
      if (line.size() != header.length) {
        throw new InputException(
            place(file, line) + ": " + line.size() + " fields instead of " + header.length);
      }
    }
    return records.subList(1, records.size());
  }

  private static List<CSVRecord> records(Path file) {
    try (CSVParser parser = CSVParser.parse(file, StandardCharsets.UTF_8, FORMAT)) {
      return parser.getRecords();
    } catch (IOException e) {
      throw unreadable(file, e);
    } catch (UncheckedIOException e) {
      throw unreadable(file, e.getCause());
    }
  }

  /** Names the file and the record, counted from 1 after the header. */
  public static String place(Path file, CSVRecord line) {
    return file + ", record " + (line.getRecordNumber() - 1);
  }

  /**
   * The number in a column.
   *
   * @throws InputException where it is none
   */
  public static float number(Path file, CSVRecord line, int column) {
    try {
      return Float.parseFloat(line.get(column));
    } catch (NumberFormatException e) {
      throw new InputException(
          place(file, line) + ": '" + line.get(column) + "' should be a number", e);
    }
  }

  /**
   * The whole number in a column.
   *
   * @throws InputException where it is none
   */
  public static int wholeNumber(Path file, CSVRecord line, int column) {
    try {
      return Integer.parseInt(line.get(column));
    } catch (NumberFormatException e) {
      throw new InputException(
          place(file, line) + ": '" + line.get(column) + "' should be a whole number", e);
    }
  }

  private static InputException unreadable(Path file, IOException cause) {
    return new InputException("cannot read " + file + ": " + FileErrors.reason(file, cause), cause);
  }
}
