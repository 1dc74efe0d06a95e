package org.potstill.net;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.potstill.net.ConvNetBackpropagation.Received;
import org.potstill.net.ConvNetBackpropagation.Step;
import org.potstill.tensor.NamedTensors;
import org.potstill.tensor.NormReluPool;
import org.potstill.tensor.Tensors;

/**
 * How the logits of a ConvNet, and then the gradient of its input, move where its parameters move
 * in a direction: the product rule, block by block, beside a way there and back that was gone.
 */
final class ConvNetTangents {

  private final NamedTensors state;
  private final NormReluPool operation;
  private final List<Step> steps;
  private final List<Received> received;
  private final Tensor features;
  private final Map<String, Tensor> direction;

  /** Of every block, where its convolution's weights move: the input's share, with history. */
  private final List<Tensor> moved = new ArrayList<>();

  private final List<NormReluPool.Direction> directions = new ArrayList<>();
  private final List<NormReluPool.Tangent> tangents = new ArrayList<>();
  private final Tensor logits;

  /**
   * Goes the way there.
   *
   * @param received what the way back found, by block
   * @param features the input of the classifier
   * @param direction by name of the parameter; one that is not named does not move
   */
  ConvNetTangents(
      NamedTensors state,
      NormReluPool operation,
      List<Step> steps,
      List<Received> received,
      Tensor features,
      Map<String, Tensor> direction) {
    this.state = state;
    this.operation = operation;
    this.steps = steps;
    this.received = received;
    this.features = features.detach();
    this.direction = direction;
    Tensor value = null;
    for (Step step : steps) {
      value = throughBlock(step, value);
    }
    logits = classify(Layers.flatten(value));
  }

  /** How the logits move, (N, classes). */
  Tensor logits() {
    return logits;
  }

  private Tensor throughBlock(Step step, Tensor inputTangent) {
    String convolution = step.block().convolution();
    String norm = step.block().norm();
    Tensor kept = new Tensor();
    Tensor maps = new Tensor();
    try (PointerScope scope = new PointerScope()) {
      Tensor weight = direction.get(convolution + ".weight");
      Tensor bias = movement(convolution + ".bias");
      Tensor ofParameters;
      if (weight == null) {
        ofParameters = bias.view(1, -1, 1, 1).expand_as(step.maps());
      } else {
        kept.put(convolve(step, step.input(), weight, new TensorOptional(bias)));
        ofParameters = kept.detach();
      }
      maps.put(
          inputTangent == null
              ? ofParameters
              : convolveWithoutHistory(step, inputTangent).add_(ofParameters));
    }
    moved.add(kept);
    NormReluPool.Direction own =
        new NormReluPool.Direction(maps, movement(norm + ".weight"), movement(norm + ".bias"));
    directions.add(own);
    NormReluPool.Tangent tangent =
        operation.tangent(
            step.maps(),
            state.get(norm + ".weight"),
            state.get(norm + ".bias"),
            step.normed(),
            own);
    tangents.add(tangent);
    return tangent.output();
  }

  private Tensor convolveWithoutHistory(Step step, Tensor input) {
    try (NoGradGuard guard = new NoGradGuard()) {
      Tensor weight = state.get(step.block().convolution() + ".weight");
      return convolve(step, input, weight, new TensorOptional());
    }
  }

  private static Tensor convolve(Step step, Tensor input, Tensor weight, TensorOptional bias) {
    long padding = step.block().padding();
    return torch.conv2d(
        input,
        weight,
        bias,
        new long[] {1, 1},
        new long[] {padding, padding},
        new long[] {1, 1},
        1);
  }

  /** The direction of a parameter, zeros where it does not move. */
  private Tensor movement(String name) {
    Tensor given = direction.get(name);
    return given == null ? torch.zeros_like(state.get(name)).detach() : given;
  }

  private Tensor classify(Tensor featureTangent) {
    try (NoGradGuard guard = new NoGradGuard()) {
      Tensor weight = state.get(ConvNet.CLASSIFIER + ".weight");
      return featureTangent
          .matmul(weight.t())
          .add(features.matmul(movement(ConvNet.CLASSIFIER + ".weight").t()))
          .add(movement(ConvNet.CLASSIFIER + ".bias"));
    }
  }

  /**
   * Goes the way back; once.
   *
   * @param logitsGradient as the way back was begun with
   * @param logitsGradientTangent how it moves
   * @return how the gradient of the input moves, shaped as the input
   */
  Tensor inputGradient(Tensor logitsGradient, Tensor logitsGradientTangent) {
    Tensor back;
    try (NoGradGuard guard = new NoGradGuard()) {
      back =
          logitsGradientTangent
              .matmul(state.get(ConvNet.CLASSIFIER + ".weight"))
              .add(logitsGradient.matmul(movement(ConvNet.CLASSIFIER + ".weight")));
    }
    back = back.reshape(Tensors.shape(steps.get(steps.size() - 1).normed().output()));
    for (int i = steps.size() - 1; i >= 0; i--) {
      back = backThroughBlock(i, back);
    }
    return back.contiguous();
  }

  private Tensor backThroughBlock(int i, Tensor outputGradientTangent) {
    Step step = steps.get(i);
    Received own = received.get(i);
    String norm = step.block().norm();
    Tensor result = new Tensor();
    try (PointerScope scope = new PointerScope()) {
      Tensor maps =
          operation.gradientTangent(
              step.maps(),
              state.get(norm + ".weight"),
              state.get(norm + ".bias"),
              step.normed(),
              directions.get(i),
              tangents.get(i),
              own.outputGradient(),
              outputGradientTangent);
      boolean weightMoves = moved.get(i).defined();
      Tensor[] outputs =
          weightMoves ? new Tensor[] {step.maps(), moved.get(i)} : new Tensor[] {step.maps()};
      Tensor[] gradients =
          weightMoves ? new Tensor[] {maps, own.mapsGradient()} : new Tensor[] {maps};
      result.put(Tensors.gradients(outputs, gradients, new Tensor[] {step.input()})[0]);
    }
    return result;
  }
}
