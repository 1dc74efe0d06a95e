package org.potstill.run;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import org.potstill.errors.FileErrors;
import org.potstill.errors.RunFailedException;

/** Files that appear whole or not at all: written beside, synchronised to disk, renamed. */
public final class AtomicFiles {

  /** What the name of a file ends with that is not whole yet. */
  public static final String SUFFIX = ".part";

  private AtomicFiles() {}

  /** Writes the content of a file to the path it is given. */
  @FunctionalInterface
  public interface Writer {
    /** Creates and fills {@code path}, which lies in the folder of the final file. */
    void write(Path path) throws IOException;
  }

  /**
   * Replaces {@code target} by what {@code writer} writes; parent folders are made.
   *
   * @throws RunFailedException where the disk is full or the folder not writable; what stood there
   *     before stays
   */
  public static void write(Path target, Writer writer) {
    Path part = target.resolveSibling(target.getFileName() + SUFFIX);
    try {
      Files.createDirectories(target.toAbsolutePath().getParent());
      // A process that was killed may have left one.
      Files.deleteIfExists(part);
      writer.write(part);
      synchronise(part);
      Files.move(part, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      synchroniseFolder(target.toAbsolutePath().getParent());
    } catch (IOException e) {
      throw new RunFailedException(
          "cannot write " + target + ": " + FileErrors.reason(target, e) + "; " + advice(target, e),
          e);
    } finally {
      deleteQuietly(part);
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

  /** Replaces {@code target} by {@code text} in UTF-8; see {@link #write(Path, Writer)}. */
  public static void writeString(Path target, String text) {
    write(target, path -> Files.writeString(path, text));
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
