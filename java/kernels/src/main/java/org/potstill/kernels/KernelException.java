package org.potstill.kernels;

/** A kernel failed while running; the message names the operation, the shapes and the reason. */
public final class KernelException extends RuntimeException {

  /**
   * With the message that users see.
   *
   * @param message operation, shapes and reason
   */
  public KernelException(String message) {
    super(message);
  }
}
