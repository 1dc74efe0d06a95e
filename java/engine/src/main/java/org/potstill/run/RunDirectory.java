package org.potstill.run;

import java.io.IOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.potstill.errors.FileErrors;
import org.potstill.errors.InputException;
import org.potstill.errors.RunFailedException;

/**
 * The folder of one run, locked while open ({@link RunLock}), so that one process at a time works
 * in it. {@link RunContents} knows which files are a run's.
 */
public final class RunDirectory implements AutoCloseable {

  /**
   * First line of the {@code config.yaml} in a run directory, by which a run is told from a folder
   * with some other file of that name.
   */
  public static final String CONFIG_MARK = "# All settings of a run, defaults written out.";

  /** What images are whitened with, where they are. */
  public static final String WHITENING = "whitening.safetensors";

  private static final int ATTEMPTS = 50;
  private static final Duration PAUSE = Duration.ofMillis(5);

  private final Path root;
  private final boolean made;
  private final RunLock lock;
  private final MetricsLog metrics;
  private final StageLog stages;
  private final StageProgress progress;

  private RunDirectory(Path root, boolean made, RunLock lock) {
    this.root = root;
    this.made = made;
    this.lock = lock;
    this.metrics = new MetricsLog(root.resolve("metrics.jsonl"));
    this.stages = StageLog.in(root);
    this.progress = new StageProgress(root);
  }

  /**
   * Opens and locks the run directory {@code root}, making it where it is missing.
   *
   * @throws InputException where it exists and {@code existing} is {@link Existing#FAIL}, where it
   *     is to be resumed or overwritten and is no run directory, where another process holds it, or
   *     where it cannot be made or written
   */
  public static RunDirectory open(Path root, Existing existing) {
    Path folder = root.toAbsolutePath().normalize();
    refuseStrangers(folder, existing);
    try {
      RunDirectory directory = lock(folder);
      tidy(directory, existing);
      return directory;
    } catch (IOException e) {
      throw unwritable(folder, e);
    }
  }

  /** Locks a folder, which is made where it is missing. */
  private static RunDirectory lock(Path folder) throws IOException {
    for (int attempt = 1; ; attempt++) {
      try {
        boolean made = make(folder);
        return new RunDirectory(folder, made, RunLock.take(folder));
      } catch (NoSuchFileException | FileAlreadyExistsException e) {
        // Another run made it, wrote nothing, and takes it away again, or a file is in the way.
        if (attempt == ATTEMPTS) {
          throw e;
        }
        LockSupport.parkNanos(PAUSE.toNanos());
      }
    }
  }

  /** Makes a folder with those above it; whether it was not there. */
  private static boolean make(Path folder) throws IOException {
    if (folder.getParent() != null) {
      Folders.create(folder.getParent());
    }
    try {
      Files.createDirectory(folder);
      return true;
    } catch (FileAlreadyExistsException e) {
      if (!Files.isDirectory(folder)) {
        throw e;
      }
      return false;
    }
  }

  /**
   * Opens and locks {@code root} for who writes files there that a run has, if it is a run
   * directory or has been locked as one, since a run that has just begun has no other file yet; a
   * folder of another kind is not touched.
   *
   * @return empty where it is none
   * @throws InputException where another process holds it or it cannot be written
   */
  public static Optional<RunDirectory> openIfRun(Path root) {
    Path folder = root.toAbsolutePath().normalize();
    if (RunContents.isRun(folder)) {
      return Optional.of(open(folder, Existing.RESUME));
    }
    try {
      return RunLock.wasTaken(folder)
          ? Optional.of(new RunDirectory(folder, false, RunLock.take(folder)))
          : Optional.empty();
    } catch (NoSuchFileException e) {
      // Who had locked it has taken it away.
      return Optional.empty();
    } catch (IOException e) {
      throw unwritable(folder, e);
    }
  }

  private static InputException unwritable(Path folder, IOException cause) {
    return new InputException(
        "cannot write to the run directory "
            + folder
            + " ("
            + FileErrors.reason(folder, cause)
            + "); choose another --out",
        cause);
  }

  /**
   * Checks that a folder is there that can be written to, or can be made; makes nothing.
   *
   * @throws InputException where it is not
   */
  public static void requireWritable(Path folder) {
    if (OutputPlaces.obstacle(folder).isPresent()) {
      throw new InputException(
          "run.out: " + folder + " cannot be made or written to; choose another --out");
    }
  }

  /**
   * Checks what can be seen of {@link #open} before it; makes nothing.
   *
   * @throws InputException as {@link #open} does
   */
  public static void requireOpenable(Path root, Existing existing) {
    Path folder = root.toAbsolutePath().normalize();
    refuseStrangers(folder, existing);
    requireWritable(folder);
    if (Files.exists(folder.resolve(RunLock.FILE))) {
      try {
        RunLock.take(folder).close();
      } catch (NoSuchFileException e) {
        // Who had locked it has taken it away.
      } catch (IOException e) {
        throw unwritable(folder, e);
      }
    }
  }

  private static void refuseStrangers(Path folder, Existing existing) {
    if (isEmpty(folder)) {
      return;
    }
    if (existing == Existing.FAIL) {
      throw new InputException(
          "the run directory "
              + folder
              + " exists; --resume continues it, --overwrite starts anew, --out chooses another");
    }
    if (!RunContents.isRun(folder)) {
      throw new InputException(
          folder + " holds files but no run (no config.yaml of one); choose another --out");
    }
  }

  private static boolean isEmpty(Path folder) {
    if (isFile(folder)) {
      throw new InputException(folder + " is a file, not a folder; choose another --out");
    }
    if (!Files.isDirectory(folder)) {
      return true;
    }
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(file -> file.getFileName().toString()).allMatch(RunContents::isLeftOver);
    } catch (NoSuchFileException e) {
      return true;
    } catch (IOException e) {
      throw new InputException(
          "cannot read the run directory " + folder + ": " + FileErrors.reason(folder, e), e);
    }
  }

  /** Asked once, since another run may make the folder or take it away at any time. */
  private static boolean isFile(Path path) {
    try {
      return !Files.readAttributes(path, BasicFileAttributes.class).isDirectory();
    } catch (IOException e) {
      // There is none, or it shows when it is to be used.
      return false;
    }
  }

  private static void tidy(RunDirectory directory, Existing existing) throws IOException {
    try {
      // Another run may have begun and ended before this one had the lock.
      refuseStrangers(directory.root, existing);
      if (existing == Existing.OVERWRITE || RunContents.isHalfCleared(directory.root)) {
        RunContents.clear(directory.root);
      }
      RunContents.deleteLeftOvers(directory.root);
    } catch (IOException | RuntimeException e) {
      try (directory) {
        throw e;
      }
    }
  }

  /**
   * Deletes all that the run wrote, but for its configuration, by which the directory is known.
   *
   * @throws RunFailedException where that fails
   */
  public void clearRun() {
    try {
      RunContents.clear(root);
    } catch (IOException e) {
      throw new RunFailedException("cannot clear " + root + ": " + FileErrors.reason(root, e), e);
    }
  }

  /** Whether a run writes a file or folder of that name. */
  public static boolean isWritten(String name) {
    return RunContents.isWritten(name) || RunContents.isPassing(name);
  }

  /**
   * Deletes a folder of the run with all it holds, or a file; nothing where there is none.
   *
   * @throws RunFailedException where that fails
   */
  public void clear(String relative) {
    Path path = root.resolve(relative);
    try {
      if (Files.exists(path)) {
        RunContents.delete(path);
      }
    } catch (IOException e) {
      throw new RunFailedException("cannot clear " + path + ": " + FileErrors.reason(path, e), e);
    }
  }

  /** The folder itself. */
  public Path root() {
    return root;
  }

  /** A file or folder of the run directory, by its path below it with '/' separators. */
  public Path resolve(String relative) {
    return root.resolve(relative);
  }

  /** The log of figures, {@code metrics.jsonl}. */
  public MetricsLog metrics() {
    return metrics;
  }

  /** The record of finished stages, {@code stages.json}. */
  public StageLog stages() {
    return stages;
  }

  /** Where stages under way keep their files, {@code checkpoints}; it need not be there yet. */
  public Path progressFolder() {
    return resolve(StageProgress.FOLDER);
  }

  /** The checkpoints of {@code stage}. */
  public Checkpoints checkpoints(String stage) {
    return progress.checkpoints(stage);
  }

  /** Where {@code stage} notes what it has done, if figures are all that it needs to go on. */
  public Path journal(String stage) {
    return progress.journal(stage);
  }

  /** Where the seconds are noted that {@code stage} took before it was stopped. */
  public Path timeNote(String stage) {
    return progress.time(stage);
  }

  /**
   * Whether {@code stage} was stopped and can go on: it left checkpoints or a journal, be they
   * damaged.
   */
  public boolean wasStopped(String stage) {
    return progress.isLeftBy(stage);
  }

  /**
   * Whether a run directory holds what can be continued, a finished stage or the checkpoints of one
   * that was stopped; of one that was overwritten and then stopped at once, only the folder is
   * left.
   */
  public static boolean holdsWork(Path root) {
    return !RunContents.isHalfCleared(root)
        && (new StageProgress(root).isLeft() || !StageLog.in(root).entries().isEmpty());
  }

  /**
   * Deletes the checkpoints, the journal and the noted time of {@code stage}, so that it begins
   * anew.
   *
   * @throws RunFailedException where that fails
   */
  public void forgetProgress(String stage) {
    progress.forget(stage);
  }

  /**
   * Gives the lock back; a folder that was made for a run which then wrote nothing goes with it. A
   * second call does nothing.
   */
  @Override
  public void close() {
    try (lock) {
      if (lock.isHeld() && made && Files.isDirectory(root)) {
        deleteUnused();
      }
    } catch (NoSuchFileException e) {
      // Somebody else has taken it away.
    } catch (IOException e) {
      throw new RunFailedException("cannot unlock " + root + ": " + FileErrors.reason(root, e), e);
    }
  }

  private void deleteUnused() throws IOException {
    Path lockFile = root.resolve(RunLock.FILE);
    try (Stream<Path> files = Files.list(root)) {
      if (!files.allMatch(lockFile::equals)) {
        return;
      }
    }
    if (lock.delete()) {
      try {
        Files.deleteIfExists(root);
      } catch (DirectoryNotEmptyException e) {
        // Somebody else has begun there.
      }
    }
  }
}
