package org.potstill.run;

import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.time.Instant;
import java.util.UUID;
import java.util.regex.Pattern;
import org.potstill.errors.FileErrors;
import org.potstill.errors.InputException;
import org.potstill.errors.RunFailedException;

/** Files that appear whole or not at all: written beside, synchronised to disk, renamed. */
public final class AtomicFiles {

  /** What the name of a file ends with that is not whole yet. */
  public static final String SUFFIX = ".part";

  /** Whoever writes a file is done with it after that, also on a slow disk. */
  private static final Duration ABANDONED = Duration.ofDays(1);

  private AtomicFiles() {}

  /** Writes the content of a file to the path it is given. */
  @FunctionalInterface
  public interface Writer {
    /** Creates and fills {@code path}, which lies in the folder of the final file. */
    void write(Path path) throws IOException;
  }

  /**
   * Replaces {@code target} by what {@code writer} writes; parent folders are made. For folders in
   * which one process works at a time: a part that another one left is deleted.
   *
   * @throws RunFailedException where the disk is full or the folder not writable; what stood there
   *     before stays
   */
  public static void write(Path target, Writer writer) {
    write(target, target.resolveSibling(target.getFileName() + SUFFIX), true, writer);
  }

  /** Replaces {@code target} by {@code text} in UTF-8; see {@link #write(Path, Writer)}. */
  public static void writeString(Path target, String text) {
    write(target, path -> Files.writeString(path, text));
  }

  /**
   * Like {@link #write(Path, Writer)}, for a file that a user names: other processes may be writing
   * it, too, and the last one to end leaves its own.
   *
   * @param replace whether a file that stands there is replaced
   * @throws InputException where one stands there, be it since a moment ago, and is not replaced
   * @throws RunFailedException as {@link #write(Path, Writer)} does
   */
  public static void writeNamed(Path target, boolean replace, Writer writer) {
    deleteAbandoned(target);
    String unique = UUID.randomUUID().toString().substring(0, 8);
    Path part = target.resolveSibling(target.getFileName() + "." + unique + SUFFIX);
    write(target, part, replace, writer);
  }

  private static void write(Path target, Path part, boolean replace, Writer writer) {
    try {
      Folders.create(target.toAbsolutePath().getParent());
      Files.deleteIfExists(part);
      writer.write(part);
      synchronise(part);
      if (replace) {
        Files.move(
            part, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      } else {
        publish(part, target);
      }
      synchroniseFolder(target.toAbsolutePath().getParent());
    } catch (IOException e) {
      throw new RunFailedException(
          "cannot write " + target + ": " + FileErrors.reason(target, e) + "; " + advice(target, e),
          e);
    } finally {
      deleteQuietly(part);
    }
  }

  /** Gives a file its name unless another has it, which a link does in one step. */
  private static void publish(Path part, Path target) throws IOException {
    try {
      Files.createLink(target, part);
    } catch (FileAlreadyExistsException e) {
      OutputPlaces.requireNew(target);
      throw e;
    } catch (UnsupportedOperationException | FileSystemException e) {
      // A file system without links.
      OutputPlaces.requireNew(target);
      Files.move(part, target);
    }
  }

  /** Deletes what killed processes left of {@code target}, once nobody can be writing it. */
  private static void deleteAbandoned(Path target) {
    Path folder = target.toAbsolutePath().getParent();
    Pattern name =
        Pattern.compile(Pattern.quote(target.getFileName() + ".") + "[0-9a-f]{8}\\" + SUFFIX);
    try (DirectoryStream<Path> files =
        Files.newDirectoryStream(
            folder, file -> name.matcher(file.getFileName().toString()).matches())) {
      for (Path file : files) {
        deleteOld(file);
      }
    } catch (IOException | DirectoryIteratorException ignored) {
      // There is no such folder yet, or they are in nobody's way.
    }
  }

  private static void deleteOld(Path part) {
    try {
      BasicFileAttributes found =
          Files.readAttributes(part, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
      Instant abandoned = Instant.now().minus(ABANDONED);
      if (found.isRegularFile() && found.lastModifiedTime().toInstant().isBefore(abandoned)) {
        Files.delete(part);
      }
    } catch (IOException ignored) {
      // Somebody else's, or gone.
    }
  }

  private static String advice(Path target, IOException error) {
    if (Files.isDirectory(target)) {
      return "move it away or choose another place";
    }
    if (error instanceof ClosedByInterruptException) {
      // Nobody else has a hand on the thread of a run.
      return "a listener must not leave it so";
    }
    return FileErrors.mayBeFull(error)
        ? "free some space or choose another place"
        : "choose another place";
  }

  private static void synchronise(Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.force(true);
    }
  }

  private static void synchroniseFolder(Path folder) throws IOException {
    try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  private static void deleteQuietly(Path part) {
    try {
      Files.deleteIfExists(part);
    } catch (IOException ignored) {
      // The error that brought us here is the one to report; a later write deletes the part.
    }
  }
}
