package org.potstill.augment;

import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.potstill.tensor.Determinism;
import org.potstill.tensor.Tensors;

/**
 * Operations that sample between pixels: bilinear, zeros outside, coordinates from -1 to 1 between
 * the centres of the outermost pixels, as DiffAugment of dataset condensation has them.
 */
final class Affine {

  private static final int BILINEAR = 0;
  private static final int ZEROS = 0;
  private static final boolean ALIGN_CORNERS = true;

  private Affine() {}

  /** Output coordinates times a factor for x and one for y. */
  static Tensor scale(Tensor images, AugmentDraw draw, AugmentParameters parameters) {
    float[] across = draw.values().get(0);
    float[] down = draw.values().get(1);
    float lowest = (float) (1 / parameters.scaleRatio());
    float span = (float) (parameters.scaleRatio() - 1 / parameters.scaleRatio());
    int samples = Math.max(across.length, down.length);
    float[] matrices = new float[4 * samples];
    for (int i = 0; i < samples; i++) {
      matrices[i] = across[across.length == 1 ? 0 : i] * span + lowest;
      matrices[3 * samples + i] = down[down.length == 1 ? 0 : i] * span + lowest;
    }
    return sample(images, matrices);
  }

  /** Output coordinates turned by an angle. */
  static Tensor rotate(Tensor images, AugmentDraw draw, AugmentParameters parameters) {
    float[] numbers = draw.values().get(0);
    float[] angles = new float[numbers.length];
    for (int i = 0; i < angles.length; i++) {
      angles[i] = angle(numbers[i], (float) parameters.rotateDegrees());
    }
    return turned(images, angles);
  }

  /** In radians, rounded after every operation as the published code does. */
  private static float angle(float number, float degrees) {
    return (number - 0.5f) * 2 * degrees / 180 * (float) Math.PI;
  }

  /**
   * Images turned about their centres.
   *
   * @param angles of output coordinates, in radians; 1 or N
   */
  static Tensor turned(Tensor images, float[] angles) {
    int samples = angles.length;
    float[] matrices = new float[4 * samples];
    for (int i = 0; i < samples; i++) {
      // StrictMath, since Math may differ in the last bit between machines.
      float cosine = (float) StrictMath.cos(angles[i]);
      float sine = (float) StrictMath.sin(angles[i]);
      matrices[i] = cosine;
      matrices[samples + i] = -sine;
      matrices[2 * samples + i] = sine;
      matrices[3 * samples + i] = cosine;
    }
    return sample(images, matrices);
  }

  /**
   * Images scaled about their centres.
   *
   * @param heights that they are scaled to, as shares of those before; N
   * @param widths likewise
   */
  static Tensor scaled(Tensor images, float[] heights, float[] widths) {
    int samples = heights.length;
    float[] matrices = new float[4 * samples];
    for (int i = 0; i < samples; i++) {
      matrices[i] = 1 / widths[i];
      matrices[3 * samples + i] = 1 / heights[i];
    }
    return sample(images, matrices);
  }

  /**
   * @param matrices that take output to input coordinates: the four entries of 2 x 2, row-major,
   *     each for all (1 or N) samples
   */
  private static Tensor sample(Tensor images, float[] matrices) {
    Tensor grid = grid(images, matrices);
    if (Determinism.isWanted(images)) {
      return gathered(images, grid);
    }
    Tensor grids = grid.expand(images.size(0), images.size(2), images.size(3), 2);
    return torch.grid_sampler(images, grids, BILINEAR, ZEROS, ALIGN_CORNERS);
  }

  /**
   * Input coordinates (1 or N, H, W, 2), x before y. Multiplied and added one by one: LibTorch's
   * own operator leaves the order, and so the last bit, to the library of matrix products.
   */
  private static Tensor grid(Tensor images, float[] matrices) {
    Tensor x = Tensors.fromMinusOneToOne(images, images.size(3)).view(1, 1, -1);
    Tensor y = Tensors.fromMinusOneToOne(images, images.size(2)).view(1, -1, 1);
    Tensor entries =
        Tensors.of(images, matrices, 4, matrices.length / 4, 1, 1).to(images.scalar_type());
    Tensor across = x.mul(entries.get(0)).add(y.mul(entries.get(1)));
    Tensor down = x.mul(entries.get(2)).add(y.mul(entries.get(3)));
    return torch.stack(new TensorVector(across, down), -1);
  }

  /**
   * The same by operators whose gradients add in a fixed order on a GPU too: the four pixels around
   * every place, weighted.
   *
   * @param grid (1 or N, H, W, 2), x before y, from -1 to 1
   */
  static Tensor gathered(Tensor images, Tensor grid) {
    long height = images.size(2);
    long width = images.size(3);
    Tensor x = places(grid.select(3, 0), width);
    Tensor y = places(grid.select(3, 1), height);
    Tensor left = x.floor();
    Tensor top = y.floor();
    Tensor across = x.sub(left);
    Tensor down = y.sub(top);
    Tensor flat = images.reshape(images.size(0), images.size(1), height * width);
    Tensor sum = null;
    for (int corner = 0; corner < 4; corner++) {
      boolean right = corner % 2 == 1;
      boolean bottom = corner / 2 == 1;
      Tensor column = right ? left.add(new Scalar(1f)) : left;
      Tensor row = bottom ? top.add(new Scalar(1f)) : top;
      Tensor share = (right ? across : rest(across)).mul(bottom ? down : rest(down));
      Tensor part = picked(flat, column, row, share.mul(inside(column, width)), width, height);
      sum = sum == null ? part : sum.add(part);
    }
    return sum.view(images.size(0), images.size(1), height, width);
  }

  /** From -1 to 1 between the centres of the outermost pixels to numbers of pixels. */
  private static Tensor places(Tensor normalised, long size) {
    return normalised
        .add(new Scalar(1f))
        .mul(new Scalar(0.5f))
        .mul(new Scalar((float) (size - 1)))
        .flatten(1, -1);
  }

  /** What is missing to 1. */
  private static Tensor rest(Tensor share) {
    return share.neg().add(new Scalar(1f));
  }

  /** 1 for numbers of pixels that there are, else 0. */
  private static Tensor inside(Tensor numbers, long size) {
    return numbers
        .ge(new Scalar(0f))
        .logical_and(numbers.le(new Scalar((float) (size - 1))))
        .to(numbers.scalar_type());
  }

  /** The pixels (N, C, places) at columns and rows (1 or N, places), times their weights. */
  private static Tensor picked(
      Tensor flat, Tensor column, Tensor row, Tensor weight, long width, long height) {
    Tensor index = clamped(row, height).mul(new Scalar((float) width)).add(clamped(column, width));
    long places = column.size(1);
    Tensor rows =
        index.to(torch.ScalarType.Long).unsqueeze(1).expand(flat.size(0), flat.size(1), places);
    return flat.gather(2, rows).mul(weight.mul(inside(row, height)).unsqueeze(1));
  }

  private static Tensor clamped(Tensor numbers, long size) {
    return torch.clamp(
        numbers,
        new ScalarOptional(new Scalar(0f)),
        new ScalarOptional(new Scalar((float) (size - 1))));
  }
}
