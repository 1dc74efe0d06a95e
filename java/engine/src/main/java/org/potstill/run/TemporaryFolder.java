package org.potstill.run;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.potstill.errors.RunFailedException;

/** A folder among the temporary files of the system that goes when it is closed. */
public final class TemporaryFolder implements AutoCloseable {

  private final Path path;

  /**
   * Makes it.
   *
   * @param name what its name begins with
   * @throws RunFailedException where it cannot be made
   */
  public TemporaryFolder(String name) {
    try {
      path = Files.createTempDirectory(name);
    } catch (IOException e) {
      throw new RunFailedException(
          "no folder can be made in "
              + System.getProperty("java.io.tmpdir")
              + " (java -Djava.io.tmpdir=DIR names another place): "
              + e.getMessage(),
          e);
    }
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
