package org.potstill.augment;

import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.potstill.tensor.Tensors;

/** Operations that move or hide whole pixels; their values are those of the input, exactly. */
final class Shapes {

  private Shapes() {}

  /** {@code out[h, w] = in[h + dh, w + dw]}, zero outside. */
  static Tensor crop(Tensor images, AugmentDraw draw) {
    float[] rows = draw.values().get(0);
    float[] columns = draw.values().get(1);
    if (draw.isShared()) {
      long down = (long) rows[0];
      long right = (long) columns[0];
      return torch.constant_pad_nd(images, -right, right, -down, down);
    }
    long channels = images.size(1);
    long height = images.size(2);
    long width = images.size(3);
    Tensor padded = torch.constant_pad_nd(images, 1, 1, 1, 1).flatten(2, 3);
    Tensor index =
        places(images, rows, height, width + 2)
            .unsqueeze(2)
            .add(places(images, columns, width, 1).unsqueeze(1));
    Tensor everywhere = index.view(-1, 1, height * width).expand(images.size(0), channels, -1);
    return padded.gather(2, everywhere).view(images.size(0), channels, height, width);
  }

  /**
   * (N, size): what {@code moved} positions are in an image with a border of one pixel, which
   * stands for all beyond it.
   *
   * @param moved by how much, one per image or one for all
   * @param stride between neighbours
   */
  private static Tensor places(Tensor images, float[] moved, long size, long stride) {
    long[] first = new long[moved.length];
    for (int n = 0; n < first.length; n++) {
      first[n] = (long) moved[n] + 1;
    }
    Tensor from = Tensors.of(images, first, first.length, 1);
    return from.add(Tensors.upTo(images, size))
        .clamp(new ScalarOptional(new Scalar(0)), new ScalarOptional(new Scalar((int) size + 1)))
        .mul(new Scalar((int) stride));
  }

  /** Zeros in a box around the drawn centre, as much of it as lies within the image. */
  static Tensor cutout(Tensor images, AugmentDraw draw, AugmentParameters parameters) {
    float[] rows = draw.values().get(0);
    float[] columns = draw.values().get(1);
    int height = (int) images.size(2);
    int width = (int) images.size(3);
    Tensor hidden =
        within(images, rows, height, parameters.cutoutSize(height))
            .unsqueeze(2)
            .logical_and(within(images, columns, width, parameters.cutoutSize(width)).unsqueeze(1));
    Tensor shown = hidden.logical_not().unsqueeze(1);
    return images.mul(shown.to(images.scalar_type()));
  }

  /** (N, size): whether a position is one of the {@code length} around the centre. */
  private static Tensor within(Tensor images, float[] centres, long size, int length) {
    long[] first = new long[centres.length];
    for (int n = 0; n < first.length; n++) {
      first[n] = (long) centres[n] - length / 2;
    }
    Tensor from = Tensors.of(images, first, first.length, 1);
    Tensor inside = Tensors.upTo(images, size).sub(from);
    return inside.ge(new Scalar(0)).logical_and(inside.lt(new Scalar(length)));
  }

  /** Left to right where the number is below the probability. */
  static Tensor flip(Tensor images, AugmentDraw draw, AugmentParameters parameters) {
    float[] numbers = draw.values().get(0);
    float probability = (float) parameters.flipProbability();
    if (draw.isShared()) {
      return numbers[0] < probability ? images.flip(3) : new Tensor(images);
    }
    long[] flipped = new long[numbers.length];
    for (int i = 0; i < flipped.length; i++) {
      flipped[i] = numbers[i] < probability ? 1 : 0;
    }
    Tensor condition = Tensors.of(images, flipped, flipped.length, 1, 1, 1);
    return torch.where(condition.to(torch.ScalarType.Bool), images.flip(3), images);
  }
}
