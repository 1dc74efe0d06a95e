package org.potstill.errors;

/**
 * Wrong usage, configuration or input; names the file, key or record and what to do about it. Exit
 * status 2.
 */
public final class InputException extends PotstillException {

  /** An error whose message says all there is to say. */
  public InputException(String message) {
    super(message, null);
  }

  /** An error with the cause that {@code --debug} shows. */
  public InputException(String message, Throwable cause) {
    super(message, cause);
  }

  @Override
  public int exitStatus() {
    return 2;
  }
}
