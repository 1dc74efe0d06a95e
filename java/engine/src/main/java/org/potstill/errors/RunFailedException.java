package org.potstill.errors;

/** A run that began properly and failed on the way (disk full, loss not finite). Exit status 1. */
public class RunFailedException extends PotstillException {

  /** An error whose message says all there is to say. */
  public RunFailedException(String message) {
    super(message, null);
  }

  /** An error with the cause that {@code --debug} shows. */
  public RunFailedException(String message, Throwable cause) {
    super(message, cause);
  }

  @Override
  public final int exitStatus() {
    return 1;
  }
}
