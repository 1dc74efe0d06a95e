package org.potstill.run;

import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Optional;
import org.potstill.errors.InputException;

/** Where output goes, looked at before the work whose results it is; nothing is made. */
public final class OutputPlaces {

  private OutputPlaces() {}

  /**
   * Checks that a file can be written, as far as can be seen; the folders above it may be missing.
   *
   * @throws InputException where it is a folder, or there can be no file
   */
  public static void requireFile(Path file) {
    if (Files.isDirectory(file)) {
      throw new InputException("cannot write " + file + ": it is a folder");
    }
    require(file, file.toAbsolutePath().getParent());
  }

  /**
   * Checks that there is no such file yet.
   *
   * @throws InputException where there is
   */
  public static void requireNew(Path file) {
    if (Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
      throw new InputException(file + " exists; --overwrite replaces it, or name another file");
    }
  }

  /**
   * Checks that files can be written below a folder, as far as can be seen; it may be missing.
   *
   * @throws InputException where they cannot
   */
  public static void requireFolder(Path folder) {
    require(folder, folder);
  }

  private static void require(Path told, Path folder) {
    obstacle(folder)
        .ifPresent(
            reason -> {
              throw new InputException("cannot write " + told + ": " + reason);
            });
  }

  /** Why no files can be written below {@code folder}, in words; empty where they can. */
  static Optional<String> obstacle(Path folder) {
    Path there = folder.toAbsolutePath();
    // A link that leads nowhere is in the way of a folder, too.
    while (there != null && !Files.exists(there, LinkOption.NOFOLLOW_LINKS)) {
      there = there.getParent();
    }
    if (there == null || !Files.isDirectory(there)) {
      return Optional.of(there + " is not a folder");
    }
    return Files.isWritable(there)
        ? Optional.empty()
        : Optional.of("there is no permission to write in " + there);
  }
}
