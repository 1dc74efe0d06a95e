package org.potstill.net;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.potstill.net.ConvNetBackpropagation.Received;
import org.potstill.net.ConvNetBackpropagation.Step;
import org.potstill.tensor.Convolution;
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
  private final ConvNetKernels kernels;
  private final List<Step> steps;
  private final List<Received> received;
  private final Tensor features;
  private final Map<String, Tensor> direction;

  /** By name, how the gradients of parameters move: of those that are wanted. */
  private final Map<String, Tensor> found = new LinkedHashMap<>();

  /** Of every block, how its input moves; null for the images, which do not. */
  private final List<Tensor> inputTangents = new ArrayList<>();

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
      ConvNetKernels kernels,
      List<Step> steps,
      List<Received> received,
      Tensor features,
      Map<String, Tensor> direction,
      List<String> parameters) {
    // Here, so that they outlive the scopes of the blocks.
    parameters.forEach(name -> found.put(name, new Tensor()));
    this.state = state;
    this.kernels = kernels;
    this.steps = steps;
    this.received = received;
    this.features = features.detach();
    this.direction = direction;
    try (NoGradGuard guard = new NoGradGuard()) {
      Tensor value = null;
      for (Step step : steps) {
        inputTangents.add(value);
        value = throughBlock(step, value);
      }
      featureTangent = Layers.flatten(value);
      logits = classify(featureTangent);
    }
  }

  /** How the logits move, (N, classes). */
  Tensor logits() {
    return logits;
  }

  private Tensor throughBlock(Step step, Tensor inputTangent) {
    String norm = step.block().norm();
    Tensor maps = new Tensor();
    try (PointerScope scope = new PointerScope()) {
      maps.put(throughConvolution(step, inputTangent));
    }
    NormReluPool.Direction own =
        new NormReluPool.Direction(maps, movement(norm + ".weight"), movement(norm + ".bias"));
    directions.add(own);
    NormReluPool.Tangent tangent =
        kernels
            .afterwards()
            .tangent(
                step.maps(),
                state.get(norm + ".weight"),
                state.get(norm + ".bias"),
                step.normed(),
                own);
    tangents.add(tangent);
    return tangent.output();
  }

  private Tensor throughConvolution(Step step, Tensor inputTangent) {
    String name = step.block().convolution();
    int padding = step.block().padding();
    Tensor weight = direction.get(name + ".weight");
    Tensor bias = movement(name + ".bias");
    Tensor ofParameters =
        weight == null
            ? bias.view(1, -1, 1, 1).expand_as(step.maps())
            : kernels.convolution().forward(step.input(), weight, bias, padding);
    return inputTangent == null
        ? ofParameters
        : kernels
            .convolution()
            .forward(inputTangent, state.get(name + ".weight"), null, padding)
            .add_(ofParameters);
  }

  /** The direction of a parameter, zeros where it does not move. */
  private Tensor movement(String name) {
    Tensor given = direction.get(name);
    return given == null ? torch.zeros_like(state.get(name)).detach() : given;
  }

  private Tensor classify(Tensor featureTangent) {
    return featureTangent
        .matmul(state.get(ConvNet.CLASSIFIER + ".weight").t())
        .add(features.matmul(movement(ConvNet.CLASSIFIER + ".weight").t()))
        .add(movement(ConvNet.CLASSIFIER + ".bias"));
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
    try (NoGradGuard guard = new NoGradGuard()) {
      Tensor back = throughClassifier(logitsGradient, logitsGradientTangent);
      back = back.reshape(Tensors.shape(steps.get(steps.size() - 1).normed().output()));
      for (int i = steps.size() - 1; i >= 0; i--) {
        back = backThroughBlock(i, back);
      }
      return back.contiguous();
    }
  }

  private Tensor throughClassifier(Tensor logitsGradient, Tensor logitsGradientTangent) {
    keep(
        ConvNet.CLASSIFIER + ".weight",
        () ->
            logitsGradientTangent
                .t()
                .matmul(features)
                .add(logitsGradient.t().matmul(featureTangent)));
    keep(ConvNet.CLASSIFIER + ".bias", () -> logitsGradientTangent.sum(0));
    return logitsGradientTangent
        .matmul(state.get(ConvNet.CLASSIFIER + ".weight"))
        .add(logitsGradient.matmul(movement(ConvNet.CLASSIFIER + ".weight")));
  }

  private Tensor backThroughBlock(int i, Tensor outputGradientTangent) {
    Step step = steps.get(i);
    Received own = received.get(i);
    String norm = step.block().norm();
    Tensor result = new Tensor();
    try (PointerScope scope = new PointerScope()) {
      Tensor[] normed =
          kernels
              .afterwards()
              .gradientTangents(
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
      result.put(backThroughConvolution(i, normed[0]));
    }
    return result;
  }

  /**
   * The product rule: what moves is the gradient of the maps, and with the gradient as it is the
   * weights, or for their own gradient the input.
   */
  private Tensor backThroughConvolution(int i, Tensor mapsGradientTangent) {
    Step step = steps.get(i);
    String name = step.block().convolution();
    int padding = step.block().padding();
    Convolution convolution = kernels.convolution();
    Tensor input = step.input();
    Tensor weight = state.get(name + ".weight");
    Tensor mapsGradient = received.get(i).mapsGradient();
    keep(
        name + ".weight",
        () -> {
          Tensor own = convolution.weightGradient(mapsGradientTangent, input, weight, padding);
          Tensor inputTangent = inputTangents.get(i);
          return inputTangent == null
              ? own
              : own.add_(convolution.weightGradient(mapsGradient, inputTangent, weight, padding));
        });
    keep(name + ".bias", () -> Convolution.biasGradient(mapsGradientTangent));
    Tensor ofInput = convolution.inputGradient(mapsGradientTangent, input, weight, padding);
    Tensor moved = direction.get(name + ".weight");
    return moved == null
        ? ofInput
        : ofInput.add_(convolution.inputGradient(mapsGradient, input, moved, padding));
  }

  private void keep(String name, Supplier<Tensor> tangent) {
    if (found.containsKey(name)) {
      found.get(name).put(tangent.get());
    }
  }
}
