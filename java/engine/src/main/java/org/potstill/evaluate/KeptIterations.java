package org.potstill.evaluate;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.potstill.config.Config;
import org.potstill.distill.DistillStage;
import org.potstill.distill.DistilledSet;
import org.potstill.distill.ImageFolder;
import org.potstill.distill.LatentsFile;
import org.potstill.errors.FileErrors;
import org.potstill.errors.InputException;
import org.potstill.errors.RunFailedException;
import org.potstill.run.AtomicFiles;
import org.potstill.run.Fingerprint;
import org.potstill.run.RunDirectory;

/** The images of earlier iterations of a run, of which an evaluation may choose the best. */
final class KeptIterations {

  private final RunDirectory directory;
  private final int every;
  private final int last;

  KeptIterations(Config config, RunDirectory directory) {
    this.directory = directory;
    every = config.evaluate().every();
    last = config.distill().iterations();
  }

  /**
   * The last images, if an evaluation may have chosen others.
   *
   * @throws InputException where one has, and they are no longer there
   */
  Optional<Path> last() {
    Path kept = lastFile();
    if (Files.exists(kept)) {
      return Optional.of(kept);
    }
    if (resultIsAsDistilled().equals(Optional.of(false))) {
      throw new InputException(
          result()
              + " holds images of an earlier iteration, which an evaluation chose, and "
              + kept
              + " with the last ones is missing; delete the former, and engine.jar run CONFIG"
              + " --resume makes the last ones anew, if a checkpoint is left");
    }
    return Optional.empty();
  }

  private Path lastFile() {
    return directory.resolve(DistilledSet.historyFile(last));
  }

  private Path result() {
    return directory.resolve(DistilledSet.FILE);
  }

  /**
   * Whether no other iteration was chosen since the distillation; empty where there is no result,
   * or nothing tells.
   */
  private Optional<Boolean> resultIsAsDistilled() {
    return directory
        .stages()
        .entry(DistillStage.NAME)
        .map(entry -> entry.outputs().get(DistilledSet.FILE))
        .filter(left -> Files.exists(result()))
        .map(left -> left.equals(Fingerprint.ofFile(result())));
  }

  /**
   * The files of {@link #files()} after keeping the last images where the distillation did not,
   * since it was made without {@code evaluate.every}: what is chosen takes their place.
   */
  Map<Integer, Path> candidates() {
    Map<Integer, Path> files = files();
    if (!files.containsKey(last) && resultIsAsDistilled().orElse(false)) {
      LatentsFile.keepLast(directory, last);
      AtomicFiles.write(lastFile(), part -> Files.copy(result(), part));
      files.put(last, lastFile());
    }
    return files;
  }

  /**
   * The files by iteration: those that {@code evaluate.every} asks for, and the last.
   *
   * @throws InputException where there are none
   */
  Map<Integer, Path> files() {
    Path folder = directory.resolve(DistilledSet.HISTORY_FOLDER);
    Map<Integer, Path> files = new TreeMap<>();
    try (Stream<Path> paths = Files.isDirectory(folder) ? Files.list(folder) : Stream.empty()) {
      for (Path path : (Iterable<Path>) paths::iterator) {
        String name = path.getFileName().toString();
        if (name.matches("\\d{1,9}\\.safetensors")) {
          int iteration = Integer.parseInt(name.substring(0, name.indexOf('.')));
          boolean reached = iteration <= last;
          if (iteration == last || (reached && iteration % every == 0)) {
            files.put(iteration, path);
          }
        }
      }
    } catch (IOException e) {
      throw new RunFailedException(
          "cannot list " + folder + ": " + FileErrors.reason(folder, e), e);
    }
    if (files.isEmpty()) {
      throw new InputException(
          folder
              + " holds no images of an iteration that evaluate.every: "
              + every
              + " asks for; distil with that setting, or set it to 0");
    }
    return files;
  }

  /** Makes the images of an iteration the result of the run. */
  void choose(Path iteration) {
    AtomicFiles.write(result(), part -> Files.copy(iteration, part));
    LatentsFile.keep(directory, iteration.getFileName().toString());
    try (DistilledSet set = DistilledSet.read(result())) {
      ImageFolder.write(set, directory.resolve(ImageFolder.FOLDER));
    }
  }
}
