package org.potstill.config;

import java.util.HashMap;
import java.util.Map;

/**
 * Values by key path: those that were given, and for all others their defaults, worked out when
 * asked for.
 */
final class Settings {

  private final Map<String, Object> given;
  private final Map<String, Object> resolved = new HashMap<>();
  private final String configName;

  /**
   * Settings of a file.
   *
   * @param given the values that were given, by key path
   * @param configName name of the file without folder and ending
   */
  Settings(Map<String, Object> given, String configName) {
    this.given = given;
    this.configName = configName;
  }

  /** Name of the file without folder and ending. */
  String configName() {
    return configName;
  }

  /** Whether the key was given. */
  boolean isGiven(String path) {
    return given.containsKey(path);
  }

  /** The value of a key, given or by default. */
  Object get(String path) {
    if (given.containsKey(path)) {
      return given.get(path);
    }
    if (!resolved.containsKey(path)) {
      resolved.put(path, ConfigKeys.byPath(path).fallback().apply(this));
    }
    return resolved.get(path);
  }

  /** The value of a key that takes a word or text. */
  String text(String path) {
    return (String) get(path);
  }

  /** The value of a key that takes a whole number. */
  long whole(String path) {
    return (Long) get(path);
  }

  /** The value of a key that takes a number. */
  double real(String path) {
    return (Double) get(path);
  }
}
