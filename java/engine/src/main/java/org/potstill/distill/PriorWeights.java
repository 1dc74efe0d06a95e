package org.potstill.distill;

import java.nio.file.Files;
import java.nio.file.Path;
import org.potstill.config.DistillConfig;
import org.potstill.config.PriorConfig;
import org.potstill.config.PublishedWeights;
import org.potstill.errors.InputException;
import org.potstill.run.FileHashes;
import org.potstill.tensor.NamedTensors;
import org.potstill.weights.CheckpointReader;

/** The file that a generator's weights are read from. */
final class PriorWeights {

  private PriorWeights() {}

  /**
   * The SHA-256 of the file that a run names; empty where its generator is random.
   *
   * @param resolution of the images
   * @throws InputException where there is no such file; it says what to fetch
   */
  static String sha256(DistillConfig distill, int resolution) {
    if (distill.prior().weights() == null) {
      return "";
    }
    requireFile(distill, resolution);
    return FileHashes.of(distill.prior().weights());
  }

  /**
   * Checks that the file that a run names, if any, is there.
   *
   * @param resolution of the images
   * @throws InputException where it is not; it says what to fetch
   */
  static void requireFile(DistillConfig distill, int resolution) {
    PriorConfig prior = distill.prior();
    if (prior.weights() != null) {
      requireFile(
          prior.weights(),
          PublishedWeights.advice(
              DistillStage.word(distill.space()), DistillStage.word(prior.init()), resolution));
    }
  }

  private static void requireFile(Path file, String advice) {
    if (!Files.isRegularFile(file)) {
      throw new InputException("distill.prior.weights: there is no file " + file + "; " + advice);
    }
  }

  /**
   * The tensors of the file that latents are, or were, distilled with.
   *
   * @return the caller closes it
   * @throws InputException where it is missing, another, damaged or refused
   */
  static NamedTensors read(PriorUse use) {
    Path file = use.weights();
    requireFile(file, "where it has moved, 'render' takes --weights FILE");
    String found = FileHashes.of(file);
    if (!found.equals(use.sha256())) {
      throw new InputException(
          file
              + " is not the file that the latents were distilled with: its SHA-256 is "
              + found
              + ", not "
              + use.sha256());
    }
    return CheckpointReader.state(file);
  }
}
