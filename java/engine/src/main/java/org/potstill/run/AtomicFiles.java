package org.potstill.run;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.UUID;
import java.util.stream.Stream;
import org.potstill.errors.FileErrors;
import org.potstill.errors.InputException;
import org.potstill.errors.RunFailedException;

/** Files that appear whole or not at all: written beside, synchronised to disk, renamed. */
public final class AtomicFiles {

  /** What the name of a file ends with that is not whole yet. */
  public static final String SUFFIX = ".part";

  /** Characters that tell the parts of several processes apart. */
  private static final int UNIQUE = 8;

  /** Whoever writes a file does not pause for so long. */
  private static final Duration ABANDONED = Duration.ofMinutes(1);

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
   * The same for a file that a user names: other processes may be writing it, too, and the last one
   * to end leaves its own.
   *
   * @param replace whether a file that stands there is replaced
   * @throws InputException where one stands there, be it since a moment ago, and is not replaced
   * @throws RunFailedException as {@link #write(Path, Writer)} does
   */
  public static void writeNamed(Path target, boolean replace, Writer writer) {
    deleteAbandoned(target);
    String unique = UUID.randomUUID().toString().substring(0, UNIQUE);
    Path part = target.resolveSibling(target.getFileName() + "." + unique + SUFFIX);
    write(target, part, replace, writer);
  }

  private static void write(Path target, Path part, boolean replace, Writer writer) {
    try {
      Files.createDirectories(target.toAbsolutePath().getParent());
      // A process that was killed may have left one.
      Files.deleteIfExists(part);
      writer.write(part);
      synchronise(part);
      move(part, target, replace);
      synchroniseFolder(target.toAbsolutePath().getParent());
    } catch (IOException e) {
      if (!replace) {
        OutputPlaces.requireNew(target);
      }
      throw new RunFailedException(
          "cannot write " + target + ": " + FileErrors.reason(target, e) + "; " + advice(target, e),
          e);
    } finally {
      deleteQuietly(part);
    }
  }

  private static void move(Path part, Path target, boolean replace) throws IOException {
    if (replace) {
      Files.move(part, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } else {
      Files.move(part, target);
    }
  }

  /** Deletes what killed processes left of {@code target}: nobody has written to it for a while. */
  private static void deleteAbandoned(Path target) {
    Path folder = target.toAbsolutePath().getParent();
    if (!Files.isDirectory(folder)) {
      return;
    }
    String name = target.getFileName() + ".";
    Instant abandoned = Instant.now().minus(ABANDONED);
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : (Iterable<Path>) files::iterator) {
        String found = file.getFileName().toString();
        boolean part =
            found.startsWith(name)
                && found.endsWith(SUFFIX)
                && found.length() == name.length() + UNIQUE + SUFFIX.length();
        if (part && Files.getLastModifiedTime(file).toInstant().isBefore(abandoned)) {
          Files.delete(file);
        }
      }
    } catch (IOException ignored) {
      // They are in nobody's way.
    }
  }

  private static String advice(Path target, IOException error) {
    if (Files.isDirectory(target)) {
      return "move it away or choose another place";
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
      // The error that brought us here is the one to report; a left-over part is overwritten.
    }
  }
}
