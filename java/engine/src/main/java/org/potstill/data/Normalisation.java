package org.potstill.data;

import java.util.List;

/**
 * Per-channel mean and standard deviation of pixels from 0 to 1.
 *
 * @param mean one value per channel
 * @param std one value per channel
 */
public record Normalisation(List<Double> mean, List<Double> std) {

  /** ImageNet's constants, as used by the published code. */
  public static final Normalisation IMAGENET =
      new Normalisation(List.of(0.485, 0.456, 0.406), List.of(0.229, 0.224, 0.225));

  /**
   * What the published code of GLaD and LD3M normalises generated images with, beside real ones
   * that have {@link #IMAGENET}.
   */
  public static final Normalisation PUBLISHED_GENERATED =
      new Normalisation(List.of(0.4377, 0.4438, 0.4728), List.of(0.229, 0.224, 0.225));
}
