package org.potstill.run;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.potstill.errors.FileErrors;
import org.potstill.errors.InputException;
import org.potstill.errors.RunFailedException;

/**
 * The folder of one run. It is locked while open, so that one process at a time works in it; the
 * operating system gives the lock back even when the process is killed.
 */
public final class RunDirectory implements AutoCloseable {

  /**
   * First line of the {@code config.yaml} in a run directory, by which a run is told from a folder
   * with some other file of that name.
   */
  public static final String CONFIG_MARK = "# All settings of a run, defaults written out.";

  /** What images are whitened with, where they are. */
  public static final String WHITENING = "whitening.safetensors";

  private static final String LOCK = ".lock";

  /** There while a run is being deleted. */
  private static final String CLEARING = ".clearing";

  private static final String CONFIG = ConfigText.FILE;
  private static final String CHECKPOINTS = "checkpoints";

  /** All that a run writes, and so all that is deleted where one is overwritten. */
  static final Set<String> WRITTEN =
      Set.of(
          CONFIG,
          StageLog.FILE,
          StageLog.BEFORE,
          CHECKPOINTS,
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
          WHITENING,
          WHITENING + Checksums.SUFFIX);

  /**
   * Those open in this process. The lock file of one is not opened again: where any of its channels
   * is closed, the operating system takes the lock from the whole process.
   */
  private static final Set<Path> OPEN = ConcurrentHashMap.newKeySet();

  private final Path root;
  private final Path real;
  private final boolean made;
  private final FileChannel lockChannel;
  private final FileLock lock;
  private final MetricsLog metrics;
  private final StageLog stages;

  private RunDirectory(Path root, Path real, boolean made, FileChannel lockChannel, FileLock lock) {
    this.root = root;
    this.real = real;
    this.made = made;
    this.lockChannel = lockChannel;
    this.lock = lock;
    this.metrics = new MetricsLog(root.resolve("metrics.jsonl"));
    this.stages = StageLog.in(root);
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
    boolean missing = !Files.exists(folder);
    try {
      Files.createDirectories(folder);
      RunDirectory directory = lock(folder, missing);
      tidy(directory, existing);
      return directory;
    } catch (IOException e) {
      throw unwritable(folder, e);
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
    if (isRun(folder)) {
      return Optional.of(open(folder, Existing.RESUME));
    }
    try {
      return Files.isRegularFile(folder.resolve(LOCK))
          ? Optional.of(lock(folder, false))
          : Optional.empty();
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
    if (Files.exists(folder.resolve(LOCK))) {
      try {
        lock(folder, false).close();
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
    if (!isRun(folder)) {
      throw new InputException(
          folder + " holds files but no run (no config.yaml of one); choose another --out");
    }
  }

  /**
   * For certain: some other config.yaml is not ours to replace, nor what is beside it to delete.
   */
  private static boolean isRun(Path folder) {
    if (Files.exists(folder.resolve(StageLog.FILE))) {
      return true;
    }
    try (Stream<String> lines = Files.lines(folder.resolve(CONFIG), ISO_8859_1)) {
      return lines.findFirst().filter(line -> line.startsWith(CONFIG_MARK)).isPresent();
    } catch (IOException | UncheckedIOException e) {
      return false;
    }
  }

  private static boolean isEmpty(Path folder) {
    if (!Files.exists(folder)) {
      return true;
    }
    if (!Files.isDirectory(folder)) {
      throw new InputException(folder + " is a file, not a folder; choose another --out");
    }
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(file -> file.getFileName().toString()).allMatch(RunDirectory::isLeftOver);
    } catch (IOException e) {
      throw new InputException(
          "cannot read the run directory " + folder + ": " + FileErrors.reason(folder, e), e);
    }
  }

  /** What a process leaves that was killed before it wrote anything whole. */
  private static boolean isLeftOver(String name) {
    return name.equals(LOCK) || name.equals(CLEARING) || name.endsWith(AtomicFiles.SUFFIX);
  }

  private static RunDirectory lock(Path folder, boolean made) throws IOException {
    Path real = folder.toRealPath();
    if (!OPEN.add(real)) {
      throw held(folder);
    }
    FileChannel channel = null;
    FileLock lock = null;
    try {
      channel =
          FileChannel.open(
              folder.resolve(LOCK), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      lock = channel.tryLock();
    } catch (OverlappingFileLockException e) {
      // Held by a copy of this class, of another class loader; told below like another process.
    } finally {
      if (lock == null) {
        OPEN.remove(real);
        closeUnlocked(channel);
      }
    }
    if (lock == null) {
      throw held(folder);
    }
    return new RunDirectory(folder, real, made, channel, lock);
  }

  private static void closeUnlocked(FileChannel channel) throws IOException {
    if (channel != null) {
      channel.close();
    }
  }

  private static InputException held(Path folder) {
    return new InputException(
        "another run is working in " + folder + "; wait for it or choose another --out");
  }

  private static void tidy(RunDirectory directory, Existing existing) throws IOException {
    try {
      if (existing == Existing.OVERWRITE || isHalfCleared(directory.root)) {
        directory.clearContent();
      }
      // Of one that was killed before it deleted anything.
      Files.deleteIfExists(directory.root.resolve(CLEARING));
      HalfWritten.delete(directory.root);
    } catch (IOException | RuntimeException e) {
      try (directory) {
        throw e;
      }
    }
  }

  /**
   * Whether a process was killed that was deleting the run: what it left is of no run any more, and
   * another one must not take it for its own.
   */
  private static boolean isHalfCleared(Path root) {
    return Files.exists(root.resolve(CLEARING)) && !Files.exists(root.resolve(StageLog.FILE));
  }

  private void clearContent() throws IOException {
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
        boolean ofRun = WRITTEN.contains(name) && !name.equals(CONFIG);
        if (ofRun || name.endsWith(AtomicFiles.SUFFIX)) {
          delete(file);
        }
      }
    }
    Files.deleteIfExists(clearing);
  }

  /**
   * Deletes all that the run wrote, but for its configuration, by which the directory is known.
   *
   * @throws RunFailedException where that fails
   */
  public void clearRun() {
    try {
      clearContent();
    } catch (IOException e) {
      throw new RunFailedException("cannot clear " + root + ": " + FileErrors.reason(root, e), e);
    }
  }

  /** Whether a run writes a file or folder of that name. */
  public static boolean isWritten(String name) {
    return WRITTEN.contains(name) || name.equals(LOCK) || name.equals(CLEARING);
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
        delete(path);
      }
    } catch (IOException e) {
      throw new RunFailedException("cannot clear " + path + ": " + FileErrors.reason(path, e), e);
    }
  }

  private static void delete(Path start) throws IOException {
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

  /** The checkpoints of {@code stage}. */
  public Checkpoints checkpoints(String stage) {
    return new Checkpoints(root.resolve(CHECKPOINTS), stage);
  }

  /** Where {@code stage} notes what it has done, if figures are all that it needs to go on. */
  public Path journal(String stage) {
    return root.resolve(CHECKPOINTS).resolve(stage + ".json");
  }

  /**
   * Whether {@code stage} was stopped and can go on: it left checkpoints or a journal, be they
   * damaged.
   */
  public boolean wasStopped(String stage) {
    return leftBy(stage).stream().anyMatch(RunDirectory::isWhole);
  }

  /**
   * Whether a run directory holds what can be continued, a finished stage or the checkpoints of one
   * that was stopped; of one that was overwritten and then stopped at once, only the folder is
   * left.
   */
  public static boolean holdsWork(Path root) {
    if (isHalfCleared(root)) {
      return false;
    }
    Path checkpoints = root.resolve(CHECKPOINTS);
    try (Stream<Path> left =
        Files.isDirectory(checkpoints) ? Files.list(checkpoints) : Stream.<Path>empty()) {
      return left.anyMatch(RunDirectory::isWhole) || !StageLog.in(root).entries().isEmpty();
    } catch (IOException e) {
      throw new InputException(
          "cannot list " + checkpoints + ": " + FileErrors.reason(checkpoints, e), e);
    }
  }

  /** Neither half of a file nor what only goes with one. */
  private static boolean isWhole(Path file) {
    String name = file.getFileName().toString();
    return !name.endsWith(AtomicFiles.SUFFIX) && !name.endsWith(Checksums.SUFFIX);
  }

  /**
   * Deletes the checkpoints and the journal of {@code stage}, so that it begins anew.
   *
   * @throws RunFailedException where that fails
   */
  public void forgetProgress(String stage) {
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
    Path folder = root.resolve(CHECKPOINTS);
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    Path journal = journal(stage);
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .filter(
              file -> file.equals(journal) || file.getFileName().toString().startsWith(stage + "-"))
          .toList();
    } catch (IOException e) {
      throw new RunFailedException(
          "cannot list " + folder + ": " + FileErrors.reason(folder, e), e);
    }
  }

  /**
   * Gives the lock back; a folder that was made for a run which then wrote nothing goes with it. A
   * second call does nothing.
   */
  @Override
  public void close() {
    try {
      if (lockChannel.isOpen()) {
        try (lockChannel) {
          if (made && Files.isDirectory(root)) {
            deleteUnused();
          }
          lock.release();
        } finally {
          OPEN.remove(real);
        }
      }
    } catch (IOException e) {
      throw new RunFailedException("cannot unlock " + root + ": " + FileErrors.reason(root, e), e);
    }
  }

  private void deleteUnused() throws IOException {
    Path lockFile = root.resolve(LOCK);
    try (Stream<Path> files = Files.list(root)) {
      if (!files.allMatch(lockFile::equals)) {
        return;
      }
    }
    Files.deleteIfExists(lockFile);
    try {
      Files.deleteIfExists(root);
    } catch (DirectoryNotEmptyException e) {
      // Somebody else has begun there.
    }
  }
}
