package org.potstill.config;

import java.util.List;
import java.util.Map;

/**
 * Section {@code data}.
 *
 * @param source {@code builtin:NAME}, {@code folder:DIR}, {@code idx:DIR}, {@code cifar10:DIR} or
 *     {@code cifar100:DIR}; the folder absolute by now
 * @param classes names of classes to take, or one name of an ImageNet subset; empty takes all
 * @param resolution side length in pixels of the square images that are distilled; 0 takes the side
 *     length of the source (IDX, CIFAR, builtin)
 * @param validationShare share of every class held back from scoring, pruning and distilling
 * @param testShare share of every class that is tested on, of a folder without test images
 * @param resize how images are brought to the resolution
 * @param onBadImage what happens when an image cannot be read
 * @param mean per channel, of pixels from 0 to 1; empty takes the default of the source
 * @param std per channel; empty takes the default of the source
 * @param classIndex output of a pretrained scorer, or class of a generator, for a class name;
 *     classes named by wnid need none
 * @param whitening what the networks that distil and evaluate see in place of normalised images
 * @param maxPixels images with more pixels are refused before they are decoded
 */
public record DataConfig(
    String source,
    List<String> classes,
    int resolution,
    double validationShare,
    double testShare,
    Resize resize,
    OnBadImage onBadImage,
    List<Double> mean,
    List<Double> std,
    Map<String, Integer> classIndex,
    Whitening whitening,
    long maxPixels) {

  /** Path of the key of the source. */
  public static final String SOURCE = "data.source";

  /** What is done to images besides normalising them. */
  public enum Whitening {
    /** Nothing. */
    NONE,
    /** Zero-phase component analysis: pixels that hardly vary together any more. */
    ZCA
  }

  /** How images are brought to the resolution. */
  public enum Resize {
    /** Bilinear with antialiasing, as current torchvision does. */
    ANTIALIAS,
    /** Bilinear without antialiasing on the normalised tensor, as the published code did. */
    REFERENCE
  }

  /** What happens when an image cannot be read. */
  public enum OnBadImage {
    /** The run ends with an error that names it. */
    FAIL,
    /** It is left out and listed in {@code left-out.csv}. */
    SKIP
  }
}
