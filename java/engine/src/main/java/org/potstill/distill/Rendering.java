package org.potstill.distill;

import java.nio.file.Files;
import java.nio.file.Path;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.potstill.errors.InputException;
import org.potstill.tensor.LibTorch;

/** Makes images anew from the latents of a run. */
public final class Rendering {

  private Rendering() {}

  /**
   * Makes the images of a run anew, as they were on the machine of the run, bit by bit.
   *
   * @param run a run directory
   * @param out where {@code distilled/} is written
   * @param weights the generator's file where it has moved; null where it has not
   * @return the number of images
   * @throws InputException where there are no latents, they are damaged, or the generator's weights
   *     are missing or others
   */
  public static int render(Path run, Path out, Path weights) {
    Path file = run.resolve(LatentsFile.FILE);
    if (!Files.isRegularFile(file)) {
      throw new InputException(
          run
              + " has no "
              + LatentsFile.FILE
              + ": it is not a finished run, or its space is pixel, whose images need no making");
    }
    try (LatentsFile latents = LatentsFile.read(file, weights);
        LibTorch.ThreadSettings threads = LibTorch.withThreads(latents.threads());
        LatentSpace space = LatentSpaces.of(latents);
        PointerScope scope = new PointerScope()) {
      Tensor images = space.images(latents.iteration());
      try (DistilledSet set = DistilledSet.of(images, latents.labels(), latents.description())) {
        set.write(out.resolve(DistilledSet.FILE));
        ImageFolder.write(set, out.resolve(ImageFolder.FOLDER));
      }
      return (int) images.size(0);
    }
  }
}
