package org.potstill.weights;

import java.util.List;

/**
 * A tensor of a checkpoint before its data is read: a view of a storage.
 *
 * @param storage what it is a view of
 * @param offset first element
 * @param size of every dimension
 * @param stride of every dimension, elements
 */
record StoredTensor(Storage storage, long offset, List<Long> size, List<Long> stride) {

  /**
   * A block of elements in the file.
   *
   * @param key its name in the file
   * @param type of its elements
   * @param elements how many
   * @param innerKey its name in the checkpoint within the file that holds it; the same as {@code
   *     key} where it lies in the file itself
   */
  record Storage(String key, ElementType type, long elements, String innerKey) {

    /** A storage of the file itself. */
    Storage(String key, ElementType type, long elements) {
      this(key, type, elements, key);
    }

    /** Its size; at most {@link Long#MAX_VALUE} whatever the file claims. */
    long bytes() {
      long most = Long.MAX_VALUE / type.bytes();
      return elements > most ? Long.MAX_VALUE : elements * type.bytes();
    }
  }

  /**
   * Elements that an expanded view may have, whose storage has fewer, 4 MB of floats: a small file
   * cannot ask for memory without end.
   */
  private static final long MOST_REPEATED = 1L << 20;

  /** Checks that the view lies within its storage. */
  boolean fits() {
    if (offset < 0 || size.size() != stride.size()) {
      return false;
    }
    try {
      long last = offset;
      boolean empty = false;
      long count = 1;
      for (int i = 0; i < size.size(); i++) {
        if (size.get(i) < 0 || stride.get(i) < 0) {
          return false;
        }
        empty |= size.get(i) == 0;
        count = Math.multiplyExact(count, Math.max(1, size.get(i)));
        last = Math.addExact(last, Math.multiplyExact(Math.max(0, size.get(i) - 1), stride.get(i)));
      }
      return count > 0 && (empty || last < storage.elements());
    } catch (ArithmeticException e) {
      return false;
    }
  }

  /** Whether its elements are many more than its storage has, because strides repeat them. */
  boolean repeatsTooMuch() {
    double count = 1;
    for (long length : size) {
      count *= length;
    }
    return count > Math.max(storage.elements(), MOST_REPEATED);
  }

  /** Whether it is the whole storage, row-major. */
  boolean wholeStorage() {
    long expected = 1;
    for (int i = size.size() - 1; i >= 0; i--) {
      if (size.get(i) != 1 && stride.get(i) != expected) {
        return false;
      }
      expected *= size.get(i);
    }
    return offset == 0 && expected == storage.elements();
  }
}
