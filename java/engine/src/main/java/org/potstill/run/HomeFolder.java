package org.potstill.run;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Optional;

/** The home directory of the user. */
public final class HomeFolder {

  private HomeFolder() {}

  /**
   * The folder; empty where none is known. For a user that the system does not know, as in many
   * containers, Java's {@code user.home} is a question mark and no path; the environment variable
   * HOME is taken then. Nor is it a path where the locale lacks one of its letters.
   */
  public static Optional<Path> find() {
    return absolute(System.getProperty("user.home")).or(() -> absolute(System.getenv("HOME")));
  }

  private static Optional<Path> absolute(String folder) {
    try {
      return Optional.ofNullable(folder).map(Path::of).filter(Path::isAbsolute);
    } catch (InvalidPathException e) {
      return Optional.empty();
    }
  }
}
