package org.potstill.run;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.potstill.errors.FileErrors;
import org.potstill.errors.RunFailedException;

/** A folder that goes when it is closed. */
public final class TemporaryFolder implements AutoCloseable {

  private final Path path;

  /**
   * Makes it.
   *
   * @param place the folder that it is in
   * @param name what its name begins with
   * @throws RunFailedException where it cannot be made
   */
  public TemporaryFolder(Path place, String name) {
    try {
      path = Files.createTempDirectory(place, name);
    } catch (IOException e) {
      throw new RunFailedException(
          "no folder can be made in "
              + place
              + " (java -Djava.io.tmpdir=DIR names another place): "
              + FileErrors.reason(place, e),
          e);
    }
  }

  /** Where programs put what is soon to go. */
  public static Path ofSystem() {
    return Path.of(System.getProperty("java.io.tmpdir"));
  }

  /** Where it is. */
  public Path path() {
    return path;
  }

  /**
   * Deletes it with all it holds.
   *
   * @throws RunFailedException where something cannot be deleted
   */
  @Override
  public void close() {
    try {
      RunContents.delete(path);
    } catch (IOException e) {
      throw new RunFailedException(path + " cannot be deleted: " + e.getMessage(), e);
    }
  }
}
