package org.potstill.run;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.potstill.errors.InputException;

/**
 * Another run that something is taken from, and the key of the configuration that names it.
 *
 * @param key for messages, for example {@code score.from}
 * @param root its run directory
 */
public record OtherRun(String key, Path root) {

  /**
   * Checks that it is there, and is not the run that takes from it.
   *
   * @param own run directory of the one that takes; it need not be there yet
   * @throws InputException where it is not
   */
  public void requireOtherThan(Path own) {
    try {
      if (Files.exists(root) && Files.exists(own) && Files.isSameFile(root, own)) {
        throw new InputException(
            words()
                + " is the run directory itself; to take from it, give this run another --out, or"
                + " set "
                + key
                + ": none");
      }
    } catch (IOException e) {
      throw new InputException(words() + " cannot be looked at: " + e, e);
    }
    if (Files.isRegularFile(root)) {
      throw new InputException(words() + " is a file, not a run directory");
    }
    if (!Files.exists(root.resolve(StageLog.FILE))) {
      throw new InputException(
          words()
              + (Files.isDirectory(root) ? " is no run directory" : " does not exist")
              + " (no "
              + StageLog.FILE
              + " in it)");
    }
  }

  /**
   * What is recorded of one of its stages; empty where it was not finished.
   *
   * @throws InputException where the record is damaged
   */
  public Optional<StageLog.Entry> finished(String stage) {
    try {
      return StageLog.in(root).entry(stage);
    } catch (InputException e) {
      throw new InputException(
          words() + ": its " + StageLog.FILE + " is damaged; set " + key + ": none", e);
    }
  }

  /**
   * One of its files.
   *
   * @param name below its run directory
   * @param advice what to do where it is missing
   * @throws InputException where it is missing
   */
  public Path require(String name, String advice) {
    Path file = root.resolve(name);
    if (!Files.isRegularFile(file)) {
      throw new InputException(key + ": there is no " + name + " in " + root + "; " + advice);
    }
    return file;
  }

  /** The key and its value. */
  public String words() {
    return key + ": " + root;
  }
}
