package org.potstill.errors;

/** A run that was asked to stop and can be resumed. Exit status 130. */
public final class RunCancelledException extends PotstillException {

  /** An error whose message says all there is to say. */
  public RunCancelledException(String message) {
    super(message, null);
  }

  /** An error with the cause that {@code --debug} shows. */
  public RunCancelledException(String message, Throwable cause) {
    super(message, cause);
  }

  @Override
  public int exitStatus() {
    return 130;
  }
}
