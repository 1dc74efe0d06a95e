package org.potstill.run;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Set;
import java.util.stream.Stream;

/** What in a folder is of a run, by which one is known, and how it is deleted. */
final class RunContents {

  /** There while a run is being deleted. */
  private static final String CLEARING = ".clearing";

  private static final String CONFIG = ConfigText.FILE;

  /** All that a run writes, and so all that is deleted where one is overwritten. */
  private static final Set<String> WRITTEN =
      Set.of(
          CONFIG,
          StageLog.FILE,
          StageLog.BEFORE,
          StageProgress.FOLDER,
          "coreset.csv",
          "distilled",
          "evaluation.json",
          "experts",
          "gallery",
          "latents",
          "latents.safetensors",
          "left-out.csv",
          "metrics.jsonl",
          "report.html",
          "run.log",
          "scores.csv",
          "trials.json",
          RunDirectory.WHITENING,
          RunDirectory.WHITENING + Checksums.SUFFIX);

  private RunContents() {}

  /** Whether a run writes a file or folder of that name, to be read later. */
  static boolean isWritten(String name) {
    return WRITTEN.contains(name);
  }

  /** Whether a run has a file of that name for a while. */
  static boolean isPassing(String name) {
    return name.equals(RunLock.FILE) || name.equals(CLEARING);
  }

  /** What a process leaves that was killed before it wrote anything whole. */
  static boolean isLeftOver(String name) {
    return isPassing(name) || name.endsWith(AtomicFiles.SUFFIX);
  }

  /**
   * For certain: some other config.yaml is not ours to replace, nor what is beside it to delete.
   */
  static boolean isRun(Path folder) {
    if (Files.exists(folder.resolve(StageLog.FILE))) {
      return true;
    }
    try (Stream<String> lines = Files.lines(folder.resolve(CONFIG), ISO_8859_1)) {
      return lines
          .findFirst()
          .filter(line -> line.startsWith(RunDirectory.CONFIG_MARK))
          .isPresent();
    } catch (IOException | UncheckedIOException e) {
      return false;
    }
  }

  /**
   * Whether a process was killed that was deleting the run: what it left is of no run any more, and
   * another one must not take it for its own.
   */
  static boolean isHalfCleared(Path root) {
    return Files.exists(root.resolve(CLEARING)) && !Files.exists(root.resolve(StageLog.FILE));
  }

  /** Deletes all that the run wrote, but for its configuration, by which the directory is known. */
  static void clear(Path root) throws IOException {
    Path clearing = root.resolve(CLEARING);
    try {
      Files.writeString(clearing, "");
    } catch (IOException e) {
      // A full disk is no reason to keep what fills it.
    }
    // The record of stages first, so that none counts as finished where this is cut short. The
    // configuration, by which the directory is known as a run, is replaced when a stage begins.
    Files.deleteIfExists(root.resolve(StageLog.FILE));
    try (Stream<Path> files = Files.list(root)) {
      for (Path file : (Iterable<Path>) files::iterator) {
        String name = file.getFileName().toString();
        boolean ofRun = isWritten(name) && !name.equals(CONFIG);
        if (ofRun || name.endsWith(AtomicFiles.SUFFIX)) {
          delete(file);
        }
      }
    }
    Files.deleteIfExists(clearing);
  }

  /** Deletes what a process left that was killed, in a run that goes on. */
  static void deleteLeftOvers(Path root) throws IOException {
    // Of one that was killed before it deleted anything.
    Files.deleteIfExists(root.resolve(CLEARING));
    HalfWritten.delete(root);
  }

  /** Deletes a file, or a folder with all it holds. */
  static void delete(Path start) throws IOException {
    Files.walkFileTree(
        start,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            Files.delete(file);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult postVisitDirectory(Path folder, IOException error)
              throws IOException {
            if (error != null) {
              throw error;
            }
            Files.delete(folder);
            return FileVisitResult.CONTINUE;
          }
        });
  }
}
