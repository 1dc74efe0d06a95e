package org.potstill.prior;

import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;

/**
 * Upsampling by zeros, padding, filtering and downsampling of images in one operation (Karras et
 * al. 2020, appendix), composed of LibTorch's operators and differentiable.
 *
 * @param upX factor of the columns
 * @param upY factor of the rows
 * @param downX every how many columns are kept
 * @param downY every how many rows are kept
 * @param left columns added to the upsampled image, negative to crop; likewise the next three
 * @param right see {@code left}
 * @param top see {@code left}
 * @param bottom see {@code left}
 * @param flip whether the filter is cross-correlated; otherwise it is a convolution
 * @param gain factor of the output
 */
public record UpFirDn(
    int upX,
    int upY,
    int downX,
    int downY,
    int left,
    int right,
    int top,
    int bottom,
    boolean flip,
    double gain) {

  /** The same factors and padding in both directions, a convolution. */
  public static UpFirDn square(int up, int down, int low, int high, double gain) {
    return new UpFirDn(up, up, down, down, low, high, low, high, false, gain);
  }

  /** The same without its downsampling. */
  UpFirDn onTheWayUp() {
    return new UpFirDn(upX, upY, 1, 1, left, right, top, bottom, flip, gain);
  }

  /**
   * Applies the operation to every channel.
   *
   * @param images (N, C, H, W)
   * @param filter (taps) for a separable filter, (rows, columns), or null for none
   * @return (N, C, H', W') in the caller's scope
   */
  public Tensor apply(Tensor images, Tensor filter) {
    Tensor padded = padded(upsampled(images));
    if (filter == null) {
      return kept(gain == 1 ? padded : padded.mul(new Scalar(gain)));
    }
    long dimensions = filter.dim();
    Tensor scaled = filter.mul(new Scalar(Math.pow(gain, dimensions / 2.0)));
    if (dimensions == 1) {
      Tensor taps = flip ? scaled : scaled.flip(0);
      Tensor rows = filtered(padded, taps.view(1, 1, 1, -1), 1, downX);
      return filtered(rows, taps.view(1, 1, -1, 1), downY, 1);
    }
    Tensor taps = flip ? scaled : scaled.flip(0, 1);
    return filtered(padded, taps.unsqueeze(0).unsqueeze(0), downY, downX);
  }

  private Tensor upsampled(Tensor images) {
    if (upX == 1 && upY == 1) {
      return images;
    }
    long n = images.size(0);
    long c = images.size(1);
    long h = images.size(2);
    long w = images.size(3);
    Tensor spread = images.contiguous().view(n, c, h, 1, w, 1);
    Tensor zeros =
        torch.constant_pad_nd(spread, new long[] {0, upX - 1, 0, 0, 0, upY - 1}, new Scalar(0));
    return zeros.view(n, c, h * upY, w * upX);
  }

  /** Negative padding crops. */
  private Tensor padded(Tensor images) {
    if (left == 0 && right == 0 && top == 0 && bottom == 0) {
      return images;
    }
    return torch.constant_pad_nd(images, new long[] {left, right, top, bottom}, new Scalar(0));
  }

  private Tensor kept(Tensor images) {
    if (downX == 1 && downY == 1) {
      return images;
    }
    Tensor rows = images.slice(2, new LongOptional(), new LongOptional(), downY);
    return rows.slice(3, new LongOptional(), new LongOptional(), downX);
  }

  /**
   * A convolution for every channel; LibTorch is several times faster at it than at one channel.
   */
  private static Tensor filtered(Tensor images, Tensor taps, long strideY, long strideX) {
    long channels = images.size(1);
    return torch.conv2d(
        images,
        taps.repeat(channels, 1, 1, 1),
        new TensorOptional(),
        new long[] {strideY, strideX},
        new long[] {0, 0},
        new long[] {1, 1},
        channels);
  }
}
