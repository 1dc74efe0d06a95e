package org.potstill.weights;

import org.potstill.errors.InputException;

/**
 * Stands in a pickled network for a function or class that {@link PickleNames} does not know, and
 * for what a call of it would have given. It is a name and nothing else: whatever was to go into it
 * is dropped.
 */
final class UnknownObject {

  // Not a record: as a key of a dictionary it equals nothing but itself.
  private final String name;

  /** What comes of the global {@code name}. */
  UnknownObject(String name) {
    this.name = name;
  }

  /** The global, for people. */
  String name() {
    return name;
  }

  /**
   * {@code value}, where the weights depend on it.
   *
   * @throws InputException where it is unknown
   */
  static Object require(Object file, Object value) {
    if (value instanceof UnknownObject unknown) {
      throw RestrictedUnpickler.refused(file, unknown.name());
    }
    return value;
  }
}
