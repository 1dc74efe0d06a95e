package org.potstill.errors;

/** What one thread threw, to be thrown by another. */
public final class Rethrown {

  private Rethrown() {}

  /**
   * Throws {@code error} as it is, also where it is checked: code in other languages of the JVM
   * throws that without saying so.
   *
   * @return never; for {@code throw Rethrown.asItIs(error)}
   */
  public static RuntimeException asItIs(Throwable error) {
    Rethrown.<RuntimeException>raise(error);
    throw new AssertionError(error);
  }

  /** Nothing is cast, since types are erased. */
  @SuppressWarnings("unchecked")
  private static <E extends Throwable> void raise(Throwable error) throws E {
    throw (E) error;
  }
}
