package org.potstill.run;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.potstill.errors.FileErrors;
import org.potstill.errors.InputException;
import org.potstill.errors.RunFailedException;

/**
 * How far the stages of a run came that were stopped: their checkpoints and journals, and a note of
 * the time they took.
 */
final class StageProgress {

  /** Where these are, in the run directory. */
  static final String FOLDER = "checkpoints";

  private static final String TIME_SUFFIX = ".seconds";

  private final Path folder;

  /** Of the run in {@code root}. */
  StageProgress(Path root) {
    folder = root.resolve(FOLDER);
  }

  Checkpoints checkpoints(String stage) {
    return new Checkpoints(folder, stage);
  }

  Path journal(String stage) {
    return folder.resolve(stage + ".json");
  }

  Path time(String stage) {
    return folder.resolve(stage + TIME_SUFFIX);
  }

  /** Whether a stage left something to go on from, be it damaged. */
  boolean isLeftBy(String stage) {
    return leftBy(stage).stream().anyMatch(StageProgress::isWhole);
  }

  /** Whether any stage did. */
  boolean isLeft() {
    try (Stream<Path> left =
        Files.isDirectory(folder) ? Files.list(folder) : Stream.<Path>empty()) {
      return left.anyMatch(StageProgress::isWhole);
    } catch (IOException e) {
      throw new InputException("cannot list " + folder + ": " + FileErrors.reason(folder, e), e);
    }
  }

  /** Neither half of a file nor what only goes with others. */
  private static boolean isWhole(Path file) {
    String name = file.getFileName().toString();
    return Stream.of(AtomicFiles.SUFFIX, Checksums.SUFFIX, TIME_SUFFIX).noneMatch(name::endsWith);
  }

  /**
   * Deletes what a stage left.
   *
   * @throws RunFailedException where that fails
   */
  void forget(String stage) {
    for (Path file : leftBy(stage)) {
      try {
        Files.deleteIfExists(file);
      } catch (IOException e) {
        throw new RunFailedException(
            "cannot delete " + file + ": " + FileErrors.reason(file, e), e);
      }
    }
  }

  private List<Path> leftBy(String stage) {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    List<Path> single = List.of(journal(stage), time(stage));
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .filter(
              file ->
                  single.contains(file) || file.getFileName().toString().startsWith(stage + "-"))
          .toList();
    } catch (IOException e) {
      throw new RunFailedException(
          "cannot list " + folder + ": " + FileErrors.reason(folder, e), e);
    }
  }
}
