package org.potstill.evaluate;

import org.potstill.errors.RunFailedException;

/** A loss or a parameter is no longer finite; the message says where. */
final class TrainingDivergedException extends RunFailedException {

  private static final long serialVersionUID = 1;

  TrainingDivergedException(String message) {
    super(message);
  }
}
