package org.potstill.kernels;

/** A provider that was asked for by name does not exist or cannot run here. */
public final class KernelUnavailableException extends RuntimeException {

  /**
   * With the message that users see.
   *
   * @param message which provider, and why it cannot run
   */
  public KernelUnavailableException(String message) {
    super(message);
  }
}
