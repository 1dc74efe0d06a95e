package org.potstill.distill;

import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.potstill.run.CancellationToken;
import org.potstill.tensor.NamedTensors;

/**
 * Turns variables into images and pulls gradients back.
 *
 * <p>Used by one thread. What is random about it is a function of the iteration, so that the images
 * shown and the images differentiated are the same.
 */
public interface Space extends AutoCloseable {

  /** Hands over the run's wish to stop, as {@link Distiller#heed} does. */
  default void heed(CancellationToken cancellation) {}

  /** Groups of variables with their learning rates, in a fixed order. */
  List<VariableGroup> groups();

  /** The variables under the names of {@link #groups()}; the space keeps ownership. */
  NamedTensors variables();

  /** The images of the current variables, (M, C, H, W) normalised, without autograd history. */
  Tensor images(long iteration);

  /**
   * The gradient of a loss with respect to every variable, given that with respect to the images.
   *
   * @param imageGradient (M, C, H, W)
   * @return under the names of {@link #variables()}; the caller closes it
   */
  NamedTensors pullBack(long iteration, Tensor imageGradient);

  @Override
  void close();
}
