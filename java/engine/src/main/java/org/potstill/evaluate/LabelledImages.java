package org.potstill.evaluate;

import java.util.Arrays;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.potstill.distill.Whitening;
import org.potstill.tensor.NamedTensors;
import org.potstill.tensor.Placement;
import org.potstill.tensor.Tensors;

/**
 * Images and labels in native memory: a training set, the validation share or the test images.
 *
 * <p>Owns its tensors.
 */
final class LabelledImages implements AutoCloseable {

  private static final String IMAGES = "images";
  private static final String LABELS = "labels";

  private final NamedTensors tensors = new NamedTensors();

  /**
   * Takes shares in the tensors.
   *
   * @param images (N, C, H, W) float32, normalised, or whitened after that
   * @param labels (N) int64
   */
  LabelledImages(Tensor images, Tensor labels) {
    try (PointerScope scope = new PointerScope()) {
      tensors.put(IMAGES, images.detach());
      tensors.put(LABELS, labels.detach());
    }
  }

  /** The same images for somebody else to close. */
  LabelledImages share() {
    return new LabelledImages(images(), labels());
  }

  /**
   * Whitens these images, which nobody shares yet, in their place; returns this object, closed
   * where that fails.
   */
  LabelledImages whitened(Whitening whitening) {
    try {
      whitening.apply(images());
      return this;
    } catch (RuntimeException | Error e) {
      close();
      throw e;
    }
  }

  /** These images at a place; where they were elsewhere, this object is closed. */
  LabelledImages on(Placement placement) {
    if (Placement.of(images()).equals(placement)) {
      return this;
    }
    try (this;
        PointerScope scope = new PointerScope()) {
      return new LabelledImages(placement.place(images()), placement.place(labels()));
    }
  }

  /** (N, C, H, W); owned by this object. */
  Tensor images() {
    return tensors.get(IMAGES);
  }

  /** (N) int64; owned by this object. */
  Tensor labels() {
    return tensors.get(LABELS);
  }

  /** Number of images. */
  long size() {
    return images().size(0);
  }

  /** Images per class. */
  int[] perClass(int classes) {
    int[] counts = new int[classes];
    Arrays.stream(Tensors.toLongs(labels())).forEach(label -> counts[(int) label]++);
    return counts;
  }

  @Override
  public void close() {
    tensors.close();
  }
}
