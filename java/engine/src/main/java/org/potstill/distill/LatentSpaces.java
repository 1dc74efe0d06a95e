package org.potstill.distill;

import org.potstill.errors.InputException;
import org.potstill.tensor.Placement;

/** The latent spaces by the name that files know them by. */
final class LatentSpaces {

  private LatentSpaces() {}

  /**
   * The space of latents that were kept.
   *
   * @param placement where images are made
   * @return with a copy of the latents; the caller closes it
   * @throws InputException where the generator's weights are missing or others, or the latents do
   *     not fit it
   */
  static LatentSpace of(LatentsFile latents, Placement placement) {
    String space = latents.description().space();
    return switch (space) {
      case "glad" -> GladSpace.restore(latents, placement);
      case "ld3m" -> Ld3mSpace.restore(latents, placement);
      default ->
          throw new InputException(latents.file() + ": images of space '" + space + "' have none");
    };
  }
}
