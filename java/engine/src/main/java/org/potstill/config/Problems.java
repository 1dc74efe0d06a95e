package org.potstill.config;

import java.util.ArrayList;
import java.util.List;
import org.potstill.errors.InputException;

/** All that is wrong with a configuration, told at once. */
final class Problems {

  private final String file;
  private final List<String> problems = new ArrayList<>();

  /** Problems of {@code file}; null where there is no file. */
  Problems(String file) {
    this.file = file;
  }

  /**
   * One more.
   *
   * @param place a line or an option; may be empty
   * @param message begins with the key path
   */
  void add(String place, String message) {
    problems.add(place.isEmpty() ? message : place + ": " + message);
  }

  /** Whether there is none so far. */
  boolean isEmpty() {
    return problems.isEmpty();
  }

  /**
   * Ends the reading where there is any.
   *
   * @throws InputException one line for a single problem, else a line for each
   */
  void throwIfAny() {
    if (problems.isEmpty()) {
      return;
    }
    String name = file == null ? "the settings" : file;
    if (problems.size() == 1) {
      String only = problems.get(0);
      throw new InputException(only.startsWith("-") || file == null ? only : name + ", " + only);
    }
    throw new InputException(
        name + ": " + problems.size() + " problems\n  " + String.join("\n  ", problems));
  }
}
