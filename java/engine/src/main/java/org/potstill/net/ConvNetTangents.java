package org.potstill.net;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Stream;
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
 * How the logits of a ConvNet, and then the gradients of its input and parameters, move where its
 * parameters move in a direction: the product rule, block by block, beside a way there and back
 * that was gone.
 */
final class ConvNetTangents {

  private final NamedTensors state;
  private final NormReluPool operation;
  private final List<Step> steps;
  private final List<Received> received;
  private final Tensor features;
  private final Map<String, Tensor> direction;

  /** By name, how the gradients of parameters move: of those that are wanted. */
  private final Map<String, Tensor> found = new LinkedHashMap<>();

  /** Of every block, where its convolution's weights move: the input's share, with history. */
  private final List<Tensor> moved = new ArrayList<>();

  /** Of every block, where its input moves: the weights' share, with history if it is wanted. */
  private final List<Tensor> carried = new ArrayList<>();

  private final List<NormReluPool.Direction> directions = new ArrayList<>();
  private final List<NormReluPool.Tangent> tangents = new ArrayList<>();
  private final Tensor featureTangent;
  private final Tensor logits;

  /**
   * Goes the way there.
   *
   * @param received what the way back found, by block
   * @param features the input of the classifier
   * @param direction by name of the parameter; one that is not named does not move
   * @param parameters names of those whose gradients are looked at
   */
  ConvNetTangents(
      NamedTensors state,
      NormReluPool operation,
      List<Step> steps,
      List<Received> received,
      Tensor features,
      Map<String, Tensor> direction,
      List<String> parameters) {
    // Here, so that they outlive the scopes of the blocks.
    parameters.forEach(name -> found.put(name, new Tensor()));
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
    featureTangent = Layers.flatten(value);
    logits = classify(featureTangent);
  }

  /** How the logits move, (N, classes). */
  Tensor logits() {
    return logits;
  }

  private Tensor throughBlock(Step step, Tensor inputTangent) {
    String convolution = step.block().convolution();
    String norm = step.block().norm();
    Tensor kept = new Tensor();
    Tensor through = new Tensor();
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
      if (inputTangent == null) {
        maps.put(ofParameters);
      } else {
        Tensor ofInput = convolve(step, inputTangent, ofWeights(convolution), new TensorOptional());
        if (found.containsKey(convolution + ".weight")) {
          through.put(ofInput);
        }
        maps.put(ofInput.detach().add_(ofParameters));
      }
    }
    moved.add(kept);
    carried.add(through);
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

  /** The weights of a convolution, with history only where their gradient is looked at. */
  private Tensor ofWeights(String convolution) {
    Tensor weight = state.get(convolution + ".weight");
    return found.containsKey(convolution + ".weight") ? weight : weight.detach();
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

  /** How the gradients of the parameters move, in the order asked for; after {@link #back}. */
  List<Tensor> parameterGradients() {
    return List.copyOf(found.values());
  }

  /**
   * Goes the way back; once.
   *
   * @param logitsGradient as the way back was begun with
   * @param logitsGradientTangent how it moves
   * @return how the gradient of the input moves, shaped as the input
   */
  Tensor back(Tensor logitsGradient, Tensor logitsGradientTangent) {
    Tensor back;
    try (NoGradGuard guard = new NoGradGuard()) {
      keep(
          ConvNet.CLASSIFIER + ".weight",
          () ->
              logitsGradientTangent
                  .t()
                  .matmul(features)
                  .add(logitsGradient.t().matmul(featureTangent)));
      keep(ConvNet.CLASSIFIER + ".bias", () -> logitsGradientTangent.sum(0));
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
      Tensor[] normed =
          operation.gradientTangents(
              step.maps(),
              state.get(norm + ".weight"),
              state.get(norm + ".bias"),
              step.normed(),
              directions.get(i),
              tangents.get(i),
              own.outputGradient(),
              outputGradientTangent);
      keep(norm + ".weight", () -> normed[1]);
      keep(norm + ".bias", () -> normed[2]);
      result.put(throughConvolution(i, normed[0]));
    }
    return result;
  }

  /**
   * Back through the convolution of a block: what autograd recorded of its maps, of the share that
   * its moving weights have in their tangent, and of that which its moving input has.
   */
  private Tensor throughConvolution(int i, Tensor mapsGradientTangent) {
    Step step = steps.get(i);
    List<Tensor> outputs = new ArrayList<>(List.of(step.maps()));
    List<Tensor> gradients = new ArrayList<>(List.of(mapsGradientTangent));
    for (Tensor share : List.of(moved.get(i), carried.get(i))) {
      if (share.defined()) {
        outputs.add(share);
        gradients.add(received.get(i).mapsGradient());
      }
    }
    String convolution = step.block().convolution();
    List<String> wanted =
        Stream.of(convolution + ".weight", convolution + ".bias")
            .filter(found::containsKey)
            .toList();
    List<Tensor> inputs = new ArrayList<>(List.of(step.input()));
    wanted.forEach(name -> inputs.add(state.get(name)));
    Tensor[] all =
        Tensors.gradients(
            outputs.toArray(Tensor[]::new),
            gradients.toArray(Tensor[]::new),
            inputs.toArray(Tensor[]::new));
    for (int p = 0; p < wanted.size(); p++) {
      Tensor gradient = all[p + 1].contiguous();
      keep(wanted.get(p), () -> gradient);
    }
    return all[0];
  }

  private void keep(String name, Supplier<Tensor> tangent) {
    if (found.containsKey(name)) {
      found.get(name).put(tangent.get());
    }
  }
}
