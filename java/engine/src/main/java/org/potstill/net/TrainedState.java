package org.potstill.net;

import java.util.List;
import java.util.function.UnaryOperator;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.potstill.tensor.NamedTensors;
import org.potstill.tensor.Precision;
import org.potstill.tensor.RowParts;

/** A network with parameters that gradients are taken of. Owns its tensors. */
public final class TrainedState implements AutoCloseable {

  private final Network network;
  private final List<String> parameterNames;
  private final boolean hasBuffers;
  private NamedTensors state = new NamedTensors();

  /** A network without parameters yet; see {@link #replace}. */
  public TrainedState(Network network) {
    this.network = network;
    this.parameterNames = network.parameterNames();
    this.hasBuffers = parameterNames.size() < network.state().size();
  }

  /** Takes over {@code fresh} and closes what was there. */
  public void replace(NamedTensors fresh) {
    state.close();
    state = fresh;
    for (String name : parameterNames) {
      state.get(name).requires_grad_(true);
    }
  }

  /** Whether a pass in training mode moves statistics. */
  public boolean hasBuffers() {
    return hasBuffers;
  }

  /** Names of the parameters, in order. */
  public List<String> parameterNames() {
    return parameterNames;
  }

  /** The parameters, in order; owned by this state. */
  public List<Tensor> parameters() {
    return parameterNames.stream().map(state::get).toList();
  }

  /**
   * The gradients of a pass whose logits are differentiated once; in training mode the buffers
   * move.
   *
   * @param loss of the logits, a single number
   * @param parameters names of those that are differentiated
   */
  public List<Tensor> gradients(
      Tensor images, Pass pass, UnaryOperator<Tensor> loss, List<String> parameters) {
    Backpropagation both = Backpropagation.ofLogits(network, state, images, pass, parameters);
    moved(both.output().buffers());
    return both.descend(loss).gradients();
  }

  /**
   * The gradients of a pass, which can be differentiated with respect to the images; in training
   * mode the buffers move.
   *
   * @param loss of the logits, a single number
   * @param parameters names of those that are differentiated
   */
  public GradientPass gradientPass(
      Tensor images, Pass pass, UnaryOperator<Tensor> loss, List<String> parameters) {
    GradientPass made = GradientPass.of(network, state, images, pass, parameters, loss);
    moved(made.buffers());
    return made;
  }

  /** Logits; in training mode the buffers move. */
  public Tensor logits(Tensor images, Pass pass) {
    NetworkOutput output = network.logits(state, images, pass);
    moved(output.buffers());
    return output.value();
  }

  private void moved(NamedTensors buffers) {
    try (buffers) {
      for (String name : buffers.names()) {
        state.put(name, new Tensor(buffers.get(name)));
      }
    }
  }

  /** All entries of the network's state; owned by this object. */
  public NamedTensors tensors() {
    return state;
  }

  /** A pass in training mode for the sake of the statistics. */
  public void moveBuffers(Tensor images) {
    try (PointerScope scope = new PointerScope();
        NoGradGuard guard = new NoGradGuard()) {
      logits(images, Pass.TRAIN);
    }
  }

  /**
   * One step of an optimiser down the gradient of the mean class loss of a batch.
   *
   * @param images (N, C, H, W)
   * @param labels (N) int64
   * @param precision of the passes
   * @param parts of a batch that fit the memory
   * @return the loss before the step
   */
  public double descend(
      Sgd sgd,
      Tensor images,
      Tensor labels,
      double learningRate,
      Precision precision,
      RowParts parts) {
    try (PointerScope scope = new PointerScope()) {
      BatchGradients.Found found =
          new BatchGradients(network, state, parameterNames, precision, parts)
              .of(images, labels, Pass.TRAIN);
      Tensor[] gradients = found.gradients().toArray(Tensor[]::new);
      sgd.step(state, parameterNames, gradients, learningRate);
      return found.loss();
    }
  }

  /** Whether all parameters and buffers are finite. */
  public boolean isFinite() {
    return state.isFinite();
  }

  @Override
  public void close() {
    state.close();
  }
}
