package org.potstill.errors;

/**
 * Root of the errors that Potstill reports; the message stands on its own, without a stack trace.
 */
public abstract class PotstillException extends RuntimeException {

  PotstillException(String message, Throwable cause) {
    super(message, cause);
  }

  /** Exit status of the command line for this error. */
  public abstract int exitStatus();
}
