package org.potstill.data;

/** The bytes of an image are not what its format asks for; the message is the reason. */
final class DamagedImageException extends Exception {

  private static final long serialVersionUID = 1;

  DamagedImageException(String reason) {
    super(reason);
  }

  /** What a decoder's error says, in one line. */
  static DamagedImageException undecodable(Exception error) {
    String message = String.valueOf(error.getMessage());
    return new DamagedImageException(
        "it cannot be decoded: " + message.lines().findFirst().orElse("no reason given"));
  }
}
