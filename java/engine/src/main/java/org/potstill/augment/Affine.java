package org.potstill.augment;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.potstill.tensor.Tensors;

/** Operations that sample between pixels: bilinear, zeros outside, pixel centres at half units. */
final class Affine {

  private static final int BILINEAR = 0;
  private static final int ZEROS = 0;

  private Affine() {}

  /** Output coordinates times a factor for x and one for y. */
  static Tensor scale(Tensor images, AugmentDraw draw, AugmentParameters parameters) {
    float[] across = draw.values().get(0);
    float[] down = draw.values().get(1);
    float lowest = (float) (1 / parameters.scaleRatio());
    float span = (float) (parameters.scaleRatio() - 1 / parameters.scaleRatio());
    int samples = Math.max(across.length, down.length);
    float[] theta = new float[6 * samples];
    for (int i = 0; i < samples; i++) {
      theta[6 * i] = across[across.length == 1 ? 0 : i] * span + lowest;
      theta[6 * i + 4] = down[down.length == 1 ? 0 : i] * span + lowest;
    }
    return sample(images, theta, samples);
  }

  /** Output coordinates turned by an angle. */
  static Tensor rotate(Tensor images, AugmentDraw draw, AugmentParameters parameters) {
    float[] numbers = draw.values().get(0);
    float[] theta = new float[6 * numbers.length];
    for (int i = 0; i < numbers.length; i++) {
      double angle = (numbers[i] - 0.5) * 2 * Math.toRadians(parameters.rotateDegrees());
      // StrictMath, since Math may differ in the last bit between machines.
      theta[6 * i] = (float) StrictMath.cos(angle);
      theta[6 * i + 1] = (float) -StrictMath.sin(angle);
      theta[6 * i + 3] = (float) StrictMath.sin(angle);
      theta[6 * i + 4] = (float) StrictMath.cos(angle);
    }
    return sample(images, theta, numbers.length);
  }

  private static Tensor sample(Tensor images, float[] theta, int samples) {
    long height = images.size(2);
    long width = images.size(3);
    Tensor matrices = Tensors.of(images, theta, samples, 2, 3).to(images.scalar_type());
    long[] size = {samples, images.size(1), height, width};
    Tensor grid = torch.affine_grid_generator(matrices, size, false);
    Tensor grids = grid.expand(images.size(0), height, width, 2);
    return torch.grid_sampler(images, grids, BILINEAR, ZEROS, false);
  }
}
