package org.potstill.prior;

import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.potstill.tensor.NamedTensors;

/**
 * From a random latent and a class to an intermediate latent (Karras et al. 2019, section 2; Sauer
 * et al. 2022, section 3.2: the class by an embedding of a pretrained network).
 *
 * @param conditional whether there is a class
 * @param layers fully connected ones
 */
record MappingNetwork(boolean conditional, int layers) {

  static final double MULTIPLIER = 0.01;
  static final String PREFIX = "mapping.";

  private static final double EPSILON = 1e-8;

  /**
   * The intermediate latent.
   *
   * @param z (N, z), standard normal
   * @param classes (N) int64, or null without a class condition
   * @param truncation 1 for none; less moves towards the average of the class (Karras et al. 2019,
   *     appendix B)
   * @return (N, w)
   */
  Tensor apply(NamedTensors state, Tensor z, Tensor classes, double truncation) {
    Tensor x = normalised(z);
    if (conditional) {
      x = torch.cat(new TensorVector(x, normalised(embedded(state, classes))), 1);
    }
    for (int i = 0; i < layers; i++) {
      x = new DenseLayer(PREFIX + "fc" + i, MULTIPLIER, true).apply(state, x);
    }
    if (truncation == 1) {
      return x;
    }
    Tensor average = state.get(PREFIX + "w_avg");
    Tensor centre = conditional ? torch.index_select(average, 0, classes) : average;
    return centre.add(x.sub(centre).mul(new Scalar(truncation)));
  }

  private static Tensor embedded(NamedTensors state, Tensor classes) {
    Tensor embedding = torch.index_select(state.get(PREFIX + "embed.weight"), 0, classes);
    return new DenseLayer(PREFIX + "embed_proj", 1, true).apply(state, embedding);
  }

  /** Unit second moment for every row. */
  private static Tensor normalised(Tensor x) {
    Tensor moment = x.square().mean(new long[] {1}, true, new ScalarTypeOptional());
    return x.mul(moment.add(new Scalar(EPSILON)).rsqrt());
  }
}
