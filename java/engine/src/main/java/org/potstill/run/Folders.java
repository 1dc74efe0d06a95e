package org.potstill.run;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Makes folders. */
public final class Folders {

  private Folders() {}

  /**
   * Makes a folder, and those above it, where they are not there. A link to a folder is one: {@link
   * Files#createDirectories} of early updates of Java 17 rejects it (JDK-8294193).
   *
   * @return {@code folder}
   */
  public static Path create(Path folder) throws IOException {
    return Files.isDirectory(folder) ? folder : Files.createDirectories(folder);
  }
}
