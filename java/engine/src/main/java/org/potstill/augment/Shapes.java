package org.potstill.augment;

import java.util.Arrays;
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
    Tensor index = cropIndex(rows, columns, (int) images.size(0), (int) height, (int) width);
    Tensor everywhere = Tensors.follow(index, images).expand(-1, channels, -1);
    return padded.gather(2, everywhere).view(images.size(0), channels, height, width);
  }

  /** For every output pixel its place in the image with a border of one zero pixel. */
  private static Tensor cropIndex(
      float[] rows, float[] columns, int samples, int height, int width) {
    long[] index = new long[samples * height * width];
    int next = 0;
    for (int n = 0; n < samples; n++) {
      int down = (int) rows[rows.length == 1 ? 0 : n] + 1;
      int right = (int) columns[columns.length == 1 ? 0 : n] + 1;
      for (int h = 0; h < height; h++) {
        long row = Math.max(0, Math.min(height + 1, h + down)) * (width + 2L);
        for (int w = 0; w < width; w++) {
          index[next++] = row + Math.max(0, Math.min(width + 1, w + right));
        }
      }
    }
    return Tensors.of(index, samples, 1, (long) height * width);
  }

  /** Zeros in a box around the drawn centre, as much of it as lies within the image. */
  static Tensor cutout(Tensor images, AugmentDraw draw, AugmentParameters parameters) {
    float[] rows = draw.values().get(0);
    float[] columns = draw.values().get(1);
    int samples = Math.max(rows.length, columns.length);
    int height = (int) images.size(2);
    int width = (int) images.size(3);
    float[] mask = new float[samples * height * width];
    Arrays.fill(mask, 1);
    int boxHeight = parameters.cutoutSize(height);
    int boxWidth = parameters.cutoutSize(width);
    for (int n = 0; n < samples; n++) {
      int top = (int) rows[rows.length == 1 ? 0 : n] - boxHeight / 2;
      int left = (int) columns[columns.length == 1 ? 0 : n] - boxWidth / 2;
      int from = Math.max(0, left);
      int to = Math.min(width, left + boxWidth);
      for (int h = Math.max(0, top); h < Math.min(height, top + boxHeight); h++) {
        int row = (n * height + h) * width;
        Arrays.fill(mask, row + from, row + to, 0);
      }
    }
    Tensor shown = Tensors.of(images, mask, samples, 1, height, width);
    return images.mul(shown.to(images.scalar_type()));
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
