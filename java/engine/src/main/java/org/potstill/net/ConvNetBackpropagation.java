package org.potstill.net;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.potstill.tensor.NamedTensors;
import org.potstill.tensor.NormReluPool;
import org.potstill.tensor.Tensors;

/**
 * The way through a ConvNet with the channels last, norm, ReLU and pooling of every block by one
 * kernel both ways. Autograd records the convolutions and the linear layer, each by itself, and the
 * chain rule is applied from one to the other here.
 */
final class ConvNetBackpropagation extends Backpropagation {

  /** A convolution with its history, and what the kernel left behind it. */
  record Step(ConvNet.Block block, Tensor input, Tensor maps, NormReluPool.Forward normed) {}

  /** What the way back brought to a block: the gradients of its output and of its convolution's. */
  record Received(Tensor outputGradient, Tensor mapsGradient) {}

  private final Layers layers;
  private final NamedTensors state;
  private final NormReluPool operation;
  private final Wanted wanted;
  private final boolean again;
  private final List<Step> steps = new ArrayList<>();

  /** By block; only where the way is gone again. */
  private final List<Received> received = new ArrayList<>();

  private final Map<String, Tensor> found = new HashMap<>();
  private final Tensor features;
  private final Tensor logits;

  /**
   * Goes the way there.
   *
   * @param again whether {@link #tangents} follow the way back; what they need is kept
   */
  ConvNetBackpropagation(
      List<ConvNet.Block> blocks,
      NormReluPool operation,
      NamedTensors state,
      Tensor input,
      Pass pass,
      Output output,
      Wanted wanted,
      boolean again) {
    this.again = again;
    this.layers = new Layers(state, pass);
    this.state = state;
    this.operation = operation;
    this.wanted = wanted;
    Tensor value = input.contiguous(torch.MemoryFormat.ChannelsLast);
    for (ConvNet.Block block : blocks) {
      boolean first = steps.isEmpty();
      Tensor leaf = value.detach().requires_grad_(!first || wanted.input() || again);
      Tensor maps = layers.convolution(block.convolution(), leaf, true, 1, block.padding());
      NormReluPool.Forward normed =
          operation.forward(maps, scale(block), state.get(block.norm() + ".bias"));
      steps.add(new Step(block, leaf, maps, normed));
      value = normed.output();
    }
    boolean classified = output == Output.LOGITS;
    features = Layers.flatten(value).requires_grad_(classified);
    logits = classified ? layers.linear(ConvNet.CLASSIFIER, features, true) : null;
  }

  private Tensor scale(ConvNet.Block block) {
    return state.get(block.norm() + ".weight");
  }

  @Override
  public NetworkOutput output() {
    return new NetworkOutput(logits == null ? features : logits, layers.movedBuffers());
  }

  @Override
  public Tensor[] gradients(Tensor outputGradient) {
    // Here, so that they outlive the scopes of the blocks.
    wanted.parameters().forEach(name -> found.put(name, new Tensor()));
    Tensor back =
        logits == null
            ? outputGradient
            : back(logits, outputGradient, features, ConvNet.CLASSIFIER, true);
    back = back.reshape(Tensors.shape(steps.get(steps.size() - 1).normed().output()));
    for (int i = steps.size() - 1; i >= 0 && back != null; i--) {
      back = throughBlock(i, back);
    }
    List<Tensor> all = new ArrayList<>();
    for (String name : wanted.parameters()) {
      Tensor gradient = found.get(name);
      // The features do not depend on the classifier.
      all.add(gradient.defined() ? gradient : torch.zeros_like(state.get(name)).detach());
    }
    if (wanted.input()) {
      all.add(back.contiguous());
    }
    return all.toArray(Tensor[]::new);
  }

  /**
   * How the logits and the gradients move with the parameters; after {@link #gradients} and once.
   *
   * @param direction by name of the parameter
   * @param parameters names of those whose gradients are looked at besides that of the input
   */
  ConvNetTangents tangents(Map<String, Tensor> direction, List<String> parameters) {
    return new ConvNetTangents(state, operation, steps, received, features, direction, parameters);
  }

  /** From the gradient of a block's output to that of its input; null where none is wanted. */
  private Tensor throughBlock(int i, Tensor outputGradient) {
    Step step = steps.get(i);
    String norm = step.block().norm();
    Tensor result = new Tensor();
    Tensor mapsGradient = new Tensor();
    try (PointerScope scope = new PointerScope()) {
      Tensor[] normed =
          operation.gradients(
              step.maps(),
              scale(step.block()),
              state.get(norm + ".bias"),
              step.normed(),
              outputGradient);
      keep(norm + ".weight", normed[1]);
      keep(norm + ".bias", normed[2]);
      if (again) {
        mapsGradient.put(normed[0]);
        received.add(0, new Received(outputGradient, mapsGradient));
      }
      // Of the images only the tangent may be wanted.
      boolean further = wanted.input() || i > 0;
      Tensor gradient =
          back(step.maps(), normed[0], step.input(), step.block().convolution(), further);
      if (gradient == null) {
        return null;
      }
      result.put(gradient);
    }
    return result;
  }

  /**
   * The gradients of the layer {@code name} that are wanted are found.
   *
   * @param further whether that of {@code input} is as well
   * @return it, or null
   */
  private Tensor back(
      Tensor output, Tensor outputGradient, Tensor input, String name, boolean further) {
    List<Tensor> inputs = new ArrayList<>();
    if (further) {
      inputs.add(input);
    }
    List<String> own = List.of(name + ".weight", name + ".bias");
    List<String> asked = own.stream().filter(wanted.parameters()::contains).toList();
    asked.forEach(parameter -> inputs.add(state.get(parameter)));
    if (inputs.isEmpty()) {
      return null;
    }
    Tensor[] outputs = {output};
    Tensor[] weights = {outputGradient};
    Tensor[] of = inputs.toArray(Tensor[]::new);
    Tensor[] gradients =
        again
            ? Tensors.gradientsKeepingGraph(outputs, weights, of)
            : Tensors.gradients(outputs, weights, of);
    int first = inputs.size() - asked.size();
    for (int i = 0; i < asked.size(); i++) {
      keep(asked.get(i), gradients[first + i].contiguous());
    }
    return first == 0 ? null : gradients[0];
  }

  private void keep(String name, Tensor gradient) {
    if (found.containsKey(name)) {
      found.get(name).put(gradient);
    }
  }
}
