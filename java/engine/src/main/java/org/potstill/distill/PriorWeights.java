package org.potstill.distill;

import java.nio.file.Files;
import java.nio.file.Path;
import org.potstill.errors.InputException;
import org.potstill.run.Fingerprint;

/** Checks of the file that a generator's weights are read from. */
final class PriorWeights {

  private PriorWeights() {}

  /**
   * The SHA-256 of a file of weights.
   *
   * @throws InputException where there is no such file
   */
  static String sha256(Path file) {
    if (!Files.isRegularFile(file)) {
      throw new InputException(
          "distill.prior.weights: there is no file "
              + file
              + "; docs/weights.md says what to fetch, and distill.prior.init: random needs none");
    }
    return Fingerprint.ofFile(file);
  }

  /**
   * Checks that a file is the one that latents were made with.
   *
   * @throws InputException where it is missing or another
   */
  static void require(Path file, String sha256) {
    String found = sha256(file);
    if (!found.equals(sha256)) {
      throw new InputException(
          file
              + " is not the file that the latents were distilled with: its SHA-256 is "
              + found
              + ", not "
              + sha256);
    }
  }
}
