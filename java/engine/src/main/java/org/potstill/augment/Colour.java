package org.potstill.augment;

import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.potstill.tensor.Tensors;

/**
 * Brightness, saturation and contrast in one pass over the pixels.
 *
 * <p>In turn: {@code x + b}; {@code (x - m) s + m} with the mean m over channels; {@code (x - g) c
 * + g} with the mean g over the image. Saturation changes no mean over channels and brightness
 * moves both means by b, so together {@code c s x + c (1 - s) m + (1 - c) g + b}, m and g taken of
 * the original image.
 */
final class Colour {

  private Colour() {}

  static Tensor apply(Tensor images, AugmentDraw draw, AugmentParameters parameters) {
    int samples = draw.values().stream().mapToInt(v -> v.length).max().orElseThrow();
    float[] pixel = new float[samples];
    float[] channelMean = new float[samples];
    float[] imageMean = new float[samples];
    float[] constant = new float[samples];
    for (int i = 0; i < samples; i++) {
      double b = (number(draw, 0, i) - 0.5) * parameters.brightness();
      double s = number(draw, 1, i) * parameters.saturation();
      double c = number(draw, 2, i) + parameters.contrast();
      pixel[i] = (float) (c * s);
      channelMean[i] = (float) (c * (1 - s));
      imageMean[i] = (float) (1 - c);
      constant[i] = (float) b;
    }
    Tensor m = images.mean(new long[] {1}, true, new ScalarTypeOptional());
    Tensor g = m.mean(new long[] {2, 3}, true, new ScalarTypeOptional());
    Tensor grey = factor(images, constant).addcmul(factor(images, imageMean), g);
    Tensor base = grey.addcmul(factor(images, channelMean), m);
    return samples == 1
        ? base.add(images, new Scalar(pixel[0]))
        : base.addcmul(factor(images, pixel), images);
  }

  private static float number(AugmentDraw draw, int which, int sample) {
    float[] values = draw.values().get(which);
    return values[values.length == 1 ? 0 : sample];
  }

  private static Tensor factor(Tensor images, float[] values) {
    return Tensors.of(images, values, values.length, 1, 1, 1).to(images.scalar_type());
  }
}
