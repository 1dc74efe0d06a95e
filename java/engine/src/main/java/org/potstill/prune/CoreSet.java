package org.potstill.prune;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.commons.csv.CSVPrinter;
import org.apache.commons.csv.CSVRecord;
import org.potstill.data.Dataset;
import org.potstill.data.ImageRecord;
import org.potstill.errors.InputException;
import org.potstill.run.AtomicFiles;
import org.potstill.run.CsvFiles;

/**
 * The kept images, class after class, within a class in rank order ({@code coreset.csv}).
 *
 * @param entries one per kept image
 */
public record CoreSet(List<Entry> entries) {

  /** Where a run keeps its core-set. */
  public static final String FILE = "coreset.csv";

  private static final String[] HEADER = {"id", "class", "loss", "rank"};

  /**
   * One kept image.
   *
   * @param id path below the source with '/' separators
   * @param classKey the class as the source spells it
   * @param loss as in the scores
   * @param rank within its class, from 1 for the first to be kept
   */
  public record Entry(String id, String classKey, float loss, int rank) {}

  /** Copies the list. */
  public CoreSet {
    entries = List.copyOf(entries);
  }

  /**
   * Writes {@code id,class,loss,rank}, one line per kept image.
   *
   * @throws org.potstill.errors.RunFailedException where the file cannot be written
   */
  public void write(Path file) {
    AtomicFiles.write(
        file,
        part -> {
          try (CSVPrinter printer = CsvFiles.printer(part, HEADER)) {
            for (Entry entry : entries) {
              printer.printRecord(
                  entry.id(), entry.classKey(), Float.toString(entry.loss()), entry.rank());
            }
          }
        });
  }

  /**
   * Reads what {@link #write} wrote.
   *
   * @throws InputException where the file is missing, has other columns, a loss or rank that is no
   *     number, or holds no image
   */
  public static CoreSet read(Path file) {
    List<Entry> entries = new ArrayList<>();
    for (CSVRecord line : CsvFiles.read(file, HEADER)) {
      float loss = CsvFiles.number(file, line, 2);
      int rank = CsvFiles.wholeNumber(file, line, 3);
      entries.add(new Entry(line.get(0), line.get(1), loss, rank));
    }
    if (entries.isEmpty()) {
      throw new InputException(file + " lists no image; prune again with a larger prune.keep");
    }
    return new CoreSet(entries);
  }

  /**
   * The images of the core-set in {@code data}, one list per class in rank order; a class that
   * keeps none has an empty list.
   *
   * @throws InputException where an image is not among the training images
   */
  public List<List<ImageRecord>> records(Dataset data) {
    Map<String, ImageRecord> byId = new HashMap<>();
    data.training().forEach(image -> byId.put(image.id(), image));
    List<List<ImageRecord>> perClass = new ArrayList<>();
    data.classKeys().forEach(key -> perClass.add(new ArrayList<>()));
    List<String> unknown = new ArrayList<>();
    for (Entry entry : entries) {
      ImageRecord image = byId.get(entry.id());
      if (image == null) {
        unknown.add(entry.id());
      } else {
        perClass.get(image.classIndex()).add(image);
      }
    }
    if (!unknown.isEmpty()) {
      throw new InputException(
          FILE
              + " does not fit the data set: "
              + Matching.some(unknown, "image", "of the core-set")
              + " not among its training images; prune again, or point data.source at the data set"
              + " that was pruned");
    }
    return perClass;
  }
}
