package org.potstill.weights;

/**
 * An object of a class that a pickle names and that is never built: what was to become its
 * attributes, as plain data.
 */
final class PickleRecord {

  private final String name;
  private Object state;

  /** An object of the class {@code name} whose attributes follow. */
  PickleRecord(String name, Object state) {
    this.name = name;
    this.state = state;
  }

  /** The class, for people. */
  String name() {
    return name;
  }

  /** What was to become its attributes, mostly a map; may be null. */
  Object state() {
    return state;
  }

  void setState(Object attributes) {
    state = attributes;
  }
}
