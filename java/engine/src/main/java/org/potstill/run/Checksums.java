package org.potstill.run;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.potstill.errors.FileErrors;
import org.potstill.errors.InputException;
import org.potstill.errors.RunFailedException;

/**
 * The SHA-256 of a file in a second one beside it, as {@code sha256sum} writes it, by which later
 * damage is noticed.
 */
public final class Checksums {

  /** What the name of the second file ends with. */
  public static final String SUFFIX = ".sha256";

  private Checksums() {}

  /**
   * Writes a file, whole or not at all, and its checksum.
   *
   * @throws RunFailedException where they cannot be written
   */
  public static void write(Path file, AtomicFiles.Writer writer) {
    // A process that is killed here leaves a file without one, never beside a wrong one.
    delete(of(file));
    AtomicFiles.write(file, writer);
    complete(file);
  }

  /**
   * Writes the checksum of a whole file, where there is none.
   *
   * @throws RunFailedException where it cannot be written
   */
  static void complete(Path file) {
    if (!has(file)) {
      AtomicFiles.writeString(of(file), writtenHash(file) + "  " + file.getFileName() + "\n");
    }
  }

  private static String writtenHash(Path file) {
    try {
      return Fingerprint.ofFile(file);
    } catch (InputException e) {
      throw new RunFailedException("after it was written: " + e.getMessage(), e);
    }
  }

  /** Whether a file has a checksum. */
  public static boolean has(Path file) {
    return Files.exists(of(file));
  }

  /**
   * What is wrong with a file, empty where nothing is; one without a checksum is left to whoever
   * reads it.
   */
  public static String damage(Path file) {
    if (!has(file)) {
      return "";
    }
    try {
      return Files.readString(of(file), ISO_8859_1).startsWith(Fingerprint.ofFile(file) + " ")
          ? ""
          : file
              + " or "
              + of(file).getFileName()
              + " beside it is damaged: the SHA-256 of the one is not in the other";
    } catch (IOException e) {
      return "cannot read " + of(file) + ": " + FileErrors.reason(of(file), e);
    } catch (InputException e) {
      return e.getMessage();
    }
  }

  /** Deletes a file and its checksum; nothing where there is none. */
  static void deleteBoth(Path file) {
    delete(of(file));
    delete(file);
  }

  private static void delete(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      throw new RunFailedException(
          "cannot delete the old " + file + ": " + FileErrors.reason(file, e), e);
    }
  }

  private static Path of(Path file) {
    return file.resolveSibling(file.getFileName() + SUFFIX);
  }
}
