package org.potstill.run;

import java.nio.file.Path;

/** The folder of one run; one process at a time holds it. */
public final class RunDirectory {

  private final Path root;

  /** The run directory at {@code root}. */
  RunDirectory(Path root) {
    this.root = root;
  }

  /** A file or folder of the run directory, by its path below it with '/' separators. */
  public Path resolve(String relative) {
    return root.resolve(relative);
  }

  /** The run directory itself. */
  public Path root() {
    return root;
  }
}
