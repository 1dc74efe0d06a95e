package org.potstill.config;

import java.util.function.Function;

/**
 * One key of the configuration: everything that is derived from it (checking, defaults, the schema,
 * the commented config, the documentation) is said here once.
 *
 * @param path section and name, joined by '.'
 * @param type what it takes
 * @param fallback its default, which may depend on other keys; null where it has to be given
 * @param fallbackWords the default in words, where it depends on other keys; else null
 * @param about one line on what it is, for people
 * @param common whether nearly everybody sets it, so that a new config shows it
 */
record Key(
    String path,
    ValueType type,
    Function<Settings, Object> fallback,
    String fallbackWords,
    String about,
    boolean common) {

  /** A key with a fixed default. */
  static Key fixed(String path, ValueType type, Object fallback, String about) {
    return new Key(path, type, settings -> fallback, null, about, false);
  }

  /** A key whose default depends on others, as {@code words} say. */
  static Key computed(
      String path,
      ValueType type,
      Function<Settings, Object> fallback,
      String words,
      String about) {
    return new Key(path, type, fallback, words, about, false);
  }

  /** A key that has to be given. */
  static Key required(String path, ValueType type, String about) {
    return new Key(path, type, null, null, about, true);
  }

  /** The same key, shown in a new config. */
  Key shown() {
    return new Key(path, type, fallback, fallbackWords, about, true);
  }

  /** Whether it has to be given. */
  boolean isRequired() {
    return fallback == null;
  }

  /** Whether its default depends on other keys. */
  boolean isComputed() {
    return fallbackWords != null;
  }

  /** The path of the section it stands in. */
  String section() {
    return path.substring(0, path.lastIndexOf('.'));
  }

  /** Its name within the section. */
  String name() {
    return path.substring(path.lastIndexOf('.') + 1);
  }
}
