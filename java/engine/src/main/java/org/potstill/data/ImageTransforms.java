package org.potstill.data;

import org.potstill.config.DataConfig;

/** The ways from a decoded image to the input of a network. */
public final class ImageTransforms {

  private ImageTransforms() {}

  /**
   * What is distilled, learned from and tested on: pixels from 0 to 1, normalised, the shorter side
   * resized to the resolution (bilinear), cut to the centre square. Equals {@code ToTensor,
   * Normalize, Resize, CenterCrop} of torchvision on the tensor.
   *
   * @param normalisation one value per channel of the result; a grey image fills three channels
   * @param resolution side length of the result in pixels
   * @param resize with antialiasing, or as the published code without
   */
  public static ImageTransform distill(
      Normalisation normalisation, int resolution, DataConfig.Resize resize) {
    return new DistillTransform(normalisation, resolution, resize == DataConfig.Resize.ANTIALIAS);
  }

  /**
   * What a pretrained scorer sees: the whole image resized to a square without keeping its
   * proportions, as Pillow does it (bilinear with antialiasing, rounded to bytes), then normalised.
   *
   * @param normalisation that of the scorer, ImageNet's for networks of torchvision
   * @param resolution side length of the result in pixels, 224 for networks of torchvision
   */
  public static ImageTransform scorer(Normalisation normalisation, int resolution) {
    return new ScorerTransform(normalisation, resolution);
  }
}
