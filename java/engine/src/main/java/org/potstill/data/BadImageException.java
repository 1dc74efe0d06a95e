package org.potstill.data;

/** An image that cannot be used; the message is the reason, in one line. */
public final class BadImageException extends Exception {

  private final String id;

  /** The image {@code id} cannot be used because of {@code reason}. */
  public BadImageException(String id, String reason) {
    super(reason);
    this.id = id;
  }

  /** Id of the image. */
  public String id() {
    return id;
  }
}
