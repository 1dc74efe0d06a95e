package org.potstill.report;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.potstill.errors.InputException;
import org.potstill.errors.Listed;
import org.potstill.run.AtomicFiles;
import org.potstill.run.OutputPlaces;

/** Writes one page on several runs: the images of every class side by side, with accuracies. */
public final class SideBySide {

  private SideBySide() {}

  /**
   * Writes the page, whole or not at all.
   *
   * @param runs finished run directories on the same data, at least two; shown in this order
   * @param page the HTML file to write
   * @throws InputException where fewer than two runs are given, one is given twice, is not
   *     finished, was distilled from other data, there is no class that all of them have, or it
   *     shows beforehand that the page cannot be written
   * @throws org.potstill.errors.RunFailedException where the page cannot be written
   */
  public static void write(List<Path> runs, Path page) {
    if (runs.isEmpty()) {
      throw new InputException("no run directory is given: name two or more");
    }
    if (runs.size() < 2) {
      throw new InputException(
          "only one run directory is given, "
              + runs.get(0)
              + ": name two or more, or a config for the page of one run");
    }
    refuseRepeated(runs);
    OutputPlaces.requireFile(page);
    List<ComparedRun> read = new ArrayList<>();
    for (Path run : runs) {
      ComparedRun next = ComparedRun.read(run);
      if (!read.isEmpty()) {
        read.get(0).requireSameData(next);
      }
      read.add(next);
    }
    Set<String> classes = sharedClasses(read);
    String text = new PageTemplate().render(SideBySidePage.of(read, classes));
    AtomicFiles.writeNamed(page, true, part -> Files.writeString(part, text));
  }

  private static void refuseRepeated(List<Path> runs) {
    Set<Path> seen = new LinkedHashSet<>();
    for (Path run : runs) {
      if (!seen.add(run.toAbsolutePath().normalize())) {
        throw new InputException(run + " is given twice; name every run once");
      }
    }
  }

  /** Keys of the classes that all runs have images of, in the order of the first. */
  private static Set<String> sharedClasses(List<ComparedRun> runs) {
    Set<String> shared = new LinkedHashSet<>(runs.get(0).imagesByClass().keySet());
    for (ComparedRun run : runs) {
      Set<String> own = run.imagesByClass().keySet();
      Set<String> before = new LinkedHashSet<>(shared);
      shared.retainAll(own);
      if (shared.isEmpty()) {
        throw new InputException(
            run.root()
                + " has no class in common with "
                + (run.equals(runs.get(1)) ? runs.get(0).root() : "all the runs before it")
                + ": it has "
                + Listed.some(own)
                + ", not one of "
                + Listed.some(before));
      }
    }
    return shared;
  }
}
