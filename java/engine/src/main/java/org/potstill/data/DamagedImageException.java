package org.potstill.data;

/** The bytes of an image are not what its format asks for; the message is the reason. */
final class DamagedImageException extends Exception {

  private static final long serialVersionUID = 1;

  DamagedImageException(String reason) {
    super(reason);
  }
}
