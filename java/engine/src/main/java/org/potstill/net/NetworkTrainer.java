package org.potstill.net;

import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.potstill.tensor.NamedTensors;
import org.potstill.tensor.Precision;
import org.potstill.tensor.RowParts;

/**
 * Trains a network by cross-entropy, one batch a step.
 *
 * <p>Owns the optimiser's velocities, not the state. Used by one thread.
 */
public final class NetworkTrainer implements AutoCloseable {

  private final NamedTensors state;
  private final Sgd optimiser;
  private final List<String> parameters;
  private final BatchGradients batchGradients;

  /**
   * A trainer.
   *
   * @param state parameters and buffers, changed in place; its parameters are marked as wanting
   *     gradients
   * @param optimiser closed with this trainer
   * @param precision of the passes
   * @param parts of a batch that fit the memory
   */
  public NetworkTrainer(
      Network network, NamedTensors state, Sgd optimiser, Precision precision, RowParts parts) {
    this.state = state;
    this.optimiser = optimiser;
    parameters = network.parameterNames();
    batchGradients = new BatchGradients(network, state, parameters, precision, parts);
    for (String name : parameters) {
      try (PointerScope scope = new PointerScope()) {
        state.get(name).requires_grad_(true);
      }
    }
  }

  /**
   * What a step found before it moved the parameters.
   *
   * @param loss mean cross-entropy of the batch, nats
   * @param correct images whose label had the largest logit
   */
  public record Result(double loss, long correct) {}

  /**
   * One step down the gradient of the mean cross-entropy of a batch.
   *
   * @param images (N, C, H, W), normalised and augmented
   * @param labels (N) int64
   * @param pass how batch norm and dropout behave
   * @param learningRate of this step
   */
  public Result step(Tensor images, Tensor labels, Pass pass, double learningRate) {
    try (PointerScope scope = new PointerScope()) {
      BatchGradients.Found found = batchGradients.of(images, labels, pass);
      Tensor[] gradients = found.gradients().toArray(Tensor[]::new);
      optimiser.step(state, parameters, gradients, learningRate);
      return new Result(found.loss(), found.correct());
    }
  }

  /** The parameters and buffers that are trained. */
  public NamedTensors state() {
    return state;
  }

  /** The optimiser, for checkpoints. */
  public Sgd optimiser() {
    return optimiser;
  }

  /** Gives the velocities back; the state stays. */
  @Override
  public void close() {
    optimiser.close();
  }
}
