package org.potstill.net;

import org.bytedeco.pytorch.Tensor;
import org.potstill.tensor.NamedTensors;

/**
 * The linear layer behind the {@linkplain ConvNetBlock blocks} of a ConvNet, with its parameters:
 * {@code o = f V^T + c} makes the logits {@code o} of the flattened features {@code f}. The letters
 * {@code g} and {@code '} mean what they do there.
 */
final class ConvNetClassifier {

  private static final String WEIGHT = ConvNet.CLASSIFIER + ".weight";
  private static final String BIAS = ConvNet.CLASSIFIER + ".bias";

  private final Layers layers;
  private final Tensor weight;

  /** The layer among those of {@code layers}, with its parameters in {@code state}. */
  ConvNetClassifier(Layers layers, NamedTensors state) {
    this.layers = layers;
    weight = state.get(WEIGHT);
  }

  /** {@code o = f V^T + c}. */
  Tensor forward(Tensor features) {
    return layers.linear(ConvNet.CLASSIFIER, features, true);
  }

  /** {@code g(V) = g(o)^T f} and {@code g(c) = sum g(o)}; returns {@code g(f) = g(o) V}. */
  Tensor backward(Tensor features, Tensor logitsGradient, ParameterGradients wanted) {
    wanted.offer(WEIGHT, () -> logitsGradient.t().matmul(features));
    wanted.offer(BIAS, () -> logitsGradient.sum(0));
    return logitsGradient.matmul(weight);
  }

  /** {@code o' = f' V^T + f V'^T + c'}. */
  Tensor tangent(Tensor features, Tensor featureTangent, ParameterDirection direction) {
    return featureTangent
        .matmul(weight.t())
        .add(features.matmul(direction.orZeros(WEIGHT).t()))
        .add(direction.orZeros(BIAS));
  }

  /**
   * {@code g(V)' = g(o)'^T f + g(o)^T f'} and {@code g(c)' = sum g(o)'}; returns {@code g(f)' =
   * g(o)' V + g(o) V'}.
   */
  Tensor gradientTangent(
      ConvNetPasses.Backward back,
      ConvNetPasses.Tangent tangent,
      Tensor logitsGradientTangent,
      ParameterGradients wanted) {
    Tensor logitsGradient = back.outputGradient();
    wanted.offer(
        WEIGHT,
        () ->
            logitsGradientTangent
                .t()
                .matmul(back.forward().features())
                .add(logitsGradient.t().matmul(tangent.features())));
    wanted.offer(BIAS, () -> logitsGradientTangent.sum(0));
    return logitsGradientTangent
        .matmul(weight)
        .add(logitsGradient.matmul(tangent.direction().orZeros(WEIGHT)));
  }
}
