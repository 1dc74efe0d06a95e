package org.potstill.distill;

import java.util.OptionalDouble;
import org.bytedeco.pytorch.Tensor;
import org.potstill.run.CancellationToken;
import org.potstill.tensor.NamedTensors;

/**
 * A matching objective over synthetic images.
 *
 * <p>Per iteration it is begun and then stepped {@link #stepsPerIteration()} times; after each
 * update of the images it is shown the new ones. It only ever sees images, never latents or the
 * optimiser of the images. Used by one thread.
 */
public interface Distiller extends AutoCloseable {

  /**
   * Hands over the run's wish to stop, once. Where a step takes long, it is asked between the parts
   * of the step, and its exception let through: the iteration is then forgotten, and begun anew
   * when the run goes on.
   */
  default void heed(CancellationToken cancellation) {}

  /** Updates of the images per iteration (the outer loop of gradient matching), at least 1. */
  int stepsPerIteration();

  /** Prepares an iteration: a fresh network, an expert and its start epoch. */
  void begin(long iteration);

  /**
   * The loss of the current images and its gradient with respect to them.
   *
   * @param images (M, C, H, W) float32, normalised, class after class; no autograd history
   * @param step from 0 to {@code stepsPerIteration() - 1}
   */
  MatchingStep step(Tensor images, int step);

  /**
   * Whether {@link #updated} is to be called after a step, for which the images are made once more.
   */
  default boolean watchesUpdates(int step) {
    return false;
  }

  /** Shows the images after their update; gradient matching trains its network on them. */
  default void updated(Tensor images, int step) {}

  /** The distiller's own variables (learned rate, its momentum) for a checkpoint; may be empty. */
  default NamedTensors saveState() {
    return new NamedTensors();
  }

  /** Takes its variables from a checkpoint. */
  default void restoreState(NamedTensors state) {}

  /** The learning rate at which networks are best trained on the images, where one is learned. */
  default OptionalDouble learnedRate() {
    return OptionalDouble.empty();
  }

  @Override
  default void close() {}
}
