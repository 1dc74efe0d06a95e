package org.potstill.augment;

import org.bytedeco.pytorch.Tensor;
import org.potstill.random.RandomStream;

/**
 * How the images that a network is trained on are changed from one batch to the next. Immutable and
 * safe for use by several threads at once.
 */
public interface Augmentation {

  /**
   * The augmentation of a strategy.
   *
   * @param strategy {@value DcAugmentation#WORD} for that of DC's code, or what {@link
   *     SiameseAugmentation#of(String)} takes
   * @throws org.potstill.errors.InputException where an operation is unknown
   */
  static Augmentation of(String strategy) {
    return strategy.equals(DcAugmentation.WORD)
        ? new DcAugmentation()
        : SiameseAugmentation.of(strategy);
  }

  /**
   * The images of a batch, changed at random, every image with numbers of its own.
   *
   * @param images (N, C, H, W) float32
   * @return a new handle of the same shape in the caller's scope, which may share the memory of
   *     {@code images}
   */
  Tensor augmented(Tensor images, RandomStream random);
}
