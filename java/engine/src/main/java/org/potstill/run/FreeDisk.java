package org.potstill.run;

import java.nio.file.Files;
import java.nio.file.Path;

/** Room that a disk has left. */
public final class FreeDisk {

  private FreeDisk() {}

  /**
   * Bytes that can still be written where {@code folder} is, or will be: it need not be there yet.
   * 0 where that cannot be told, or nothing is left.
   */
  public static long bytes(Path folder) {
    Path found = folder.toAbsolutePath();
    while (!Files.exists(found) && found.getParent() != null) {
      found = found.getParent();
    }
    return found.toFile().getUsableSpace();
  }
}
