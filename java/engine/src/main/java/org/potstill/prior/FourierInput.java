package org.potstill.prior;

import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarOptional;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.potstill.tensor.NamedTensors;
import org.potstill.tensor.Tensors;

/**
 * The feature map that the synthesis starts from: sine waves, turned and shifted as the style says
 * (Karras et al. 2021, section 3.1 and appendix F).
 *
 * @param size rows and columns
 * @param samplingRate samples per unit of length
 * @param bandwidth frequency up to which waves have full amplitude
 */
record FourierInput(int size, double samplingRate, double bandwidth) {

  /** What its entries in the state start with. */
  static final String PREFIX = "synthesis.input.";

  private static final DenseLayer AFFINE = new DenseLayer(PREFIX + "affine", 1, false);

  /**
   * The feature map.
   *
   * @param style (N, w)
   * @return (N, C, size, size)
   */
  Tensor apply(NamedTensors state, Tensor style) {
    Tensor transform = transform(state, style);
    Tensor frequencies = state.get(PREFIX + "freqs").unsqueeze(0);
    Tensor turned = frequencies.matmul(transform.narrow(1, 0, 2).narrow(2, 0, 2));
    Tensor shift = frequencies.matmul(transform.narrow(1, 0, 2).narrow(2, 2, 1)).squeeze(2);
    Tensor phases = state.get(PREFIX + "phases").unsqueeze(0).add(shift);
    Tensor angles =
        grid(style)
            .matmul(turned.transpose(1, 2).unsqueeze(1))
            .add(phases.unsqueeze(1).unsqueeze(1));
    Tensor waves =
        angles.mul(new Scalar(2 * Math.PI)).sin().mul(amplitudes(turned).unsqueeze(1).unsqueeze(1));
    Tensor weight = state.get(PREFIX + "weight");
    Tensor mixed = waves.matmul(weight.div(new Scalar(Math.sqrt((double) weight.size(1)))).t());
    return mixed.permute(0, 3, 1, 2).contiguous();
  }

  /** Rotation times translation times the transform of the state, (N, 3, 3). */
  private static Tensor transform(NamedTensors state, Tensor style) {
    Tensor raw = AFFINE.apply(state, style);
    Tensor length =
        raw.narrow(1, 0, 2).square().sum(new long[] {1}, true, new ScalarTypeOptional()).sqrt();
    Tensor t = raw.div(length);
    Tensor cos = t.narrow(1, 0, 1);
    Tensor sin = t.narrow(1, 1, 1);
    Tensor zero = torch.zeros_like(cos);
    Tensor one = torch.ones_like(cos);
    Tensor rotation = matrix(cos, sin.neg(), zero, sin, cos, zero, zero, zero, one);
    Tensor x = t.narrow(1, 2, 1).neg();
    Tensor y = t.narrow(1, 3, 1).neg();
    Tensor translation = matrix(one, zero, x, zero, one, y, zero, zero, one);
    return rotation.matmul(translation).matmul(state.get(PREFIX + "transform"));
  }

  /** Nine columns (N, 1), row-major, as (N, 3, 3). */
  private static Tensor matrix(Tensor... columns) {
    return torch.cat(new TensorVector(columns), 1).view(-1, 3, 3);
  }

  /** Waves beyond the bandwidth fade, (N, C). */
  private Tensor amplitudes(Tensor frequencies) {
    Tensor length = frequencies.square().sum(new long[] {2}).sqrt();
    double fade = samplingRate / 2 - bandwidth;
    return torch.clamp(
        length.sub(new Scalar(bandwidth)).mul(new Scalar(-1 / fade)).add(new Scalar(1)),
        new ScalarOptional(new Scalar(0)),
        new ScalarOptional(new Scalar(1)));
  }

  /** Positions of the samples, (1, size, size, 2) with x first; the image spans -0.5 to 0.5. */
  private Tensor grid(Tensor like) {
    float[] values = new float[size * size * 2];
    for (int row = 0; row < size; row++) {
      for (int column = 0; column < size; column++) {
        values[(row * size + column) * 2] = position(column);
        values[(row * size + column) * 2 + 1] = position(row);
      }
    }
    return Tensors.of(like, values, 1, size, size, 2);
  }

  private float position(int index) {
    return (float) ((2.0 * index + 1 - size) / size * (0.5 * size / samplingRate));
  }
}
