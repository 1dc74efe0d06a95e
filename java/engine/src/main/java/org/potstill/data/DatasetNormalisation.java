package org.potstill.data;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.potstill.config.DataConfig;
import org.potstill.errors.InputException;

/** Chooses or measures what a data set is normalised with. */
final class DatasetNormalisation {

  /** So many images settle mean and deviation to about the third digit. */
  static final int DECODED_SAMPLE = 2000;

  private DatasetNormalisation() {}

  /**
   * Refuses constants that do not fit the channels.
   *
   * @throws InputException naming the key
   */
  static void check(DataConfig config, int channels) {
    checkCount("data.mean", config.mean(), channels);
    checkCount("data.std", config.std(), channels);
    if (config.mean().isEmpty() != config.std().isEmpty()) {
      throw new InputException("data.mean and data.std are set together or not at all");
    }
    for (double std : config.std()) {
      if (!(std > 0)) {
        throw new InputException("data.std has the value " + std + "; it must be above 0");
      }
    }
  }

  private static void checkCount(String key, List<Double> values, int channels) {
    if (!values.isEmpty() && values.size() != channels) {
      throw new InputException(
          key
              + " has "
              + values.size()
              + " values, but the images have "
              + channels
              + (channels == 1 ? " channel" : " channels"));
    }
  }

  /**
   * The constants of the configuration, else ImageNet's where every class is a wnid of ImageNet,
   * else those of the training images.
   *
   * @throws InputException at a training image that cannot be read and may not be left out: where
   *     it can be read the next time, the constants would be others; or where none can be read
   */
  static Normalisation of(Dataset dataset, List<ImageRecord> images, DataConfig config) {
    if (!config.mean().isEmpty()) {
      return new Normalisation(List.copyOf(config.mean()), List.copyOf(config.std()));
    }
    boolean imageNet =
        dataset.channels() == 3
            && dataset.classKeys().stream().allMatch(k -> ImageNetClasses.indexOf(k).isPresent());
    return imageNet ? Normalisation.IMAGENET : measure(dataset, images, config);
  }

  private static Normalisation measure(
      Dataset dataset, List<ImageRecord> images, DataConfig config) {
    int channels = dataset.channels();
    Normalisation none = new Normalisation(repeat(0.0, channels), repeat(1.0, channels));
    ImageTransform transform = ImageTransforms.distill(none, dataset.resolution(), config.resize());
    Moments moments = new Moments(channels);
    for (ImageRecord image : dataset.inMemory() ? images : spread(images)) {
      try {
        moments.add(transform.apply(dataset.read(image)));
      } catch (BadImageException e) {
        if (config.onBadImage() == DataConfig.OnBadImage.FAIL) {
          throw ImageLoader.refusal(image, e.getMessage());
        }
        // Whoever works with the image meets it again and reports it once.
      }
    }
    return moments.normalisation();
  }

  /** Up to {@link #DECODED_SAMPLE} images at even distances, so that every class takes part. */
  private static List<ImageRecord> spread(List<ImageRecord> images) {
    int count = Math.min(images.size(), DECODED_SAMPLE);
    List<ImageRecord> chosen = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      chosen.add(images.get((int) ((long) i * images.size() / count)));
    }
    return chosen;
  }

  private static List<Double> repeat(double value, int count) {
    return Collections.nCopies(count, value);
  }

  /** Sums of the pixels per channel. */
  private static final class Moments {

    private final double[] sum;
    private final double[] squares;
    private long pixels;

    Moments(int channels) {
      sum = new double[channels];
      squares = new double[channels];
    }

    void add(float[] planes) {
      int plane = planes.length / sum.length;
      for (int c = 0; c < sum.length; c++) {
        for (int i = c * plane; i < (c + 1) * plane; i++) {
          sum[c] += planes[i];
          squares[c] += (double) planes[i] * planes[i];
        }
      }
      pixels += plane;
    }

    Normalisation normalisation() {
      if (pixels == 0) {
        throw new InputException(
            "no training image can be read, so there is nothing to learn from");
      }
      List<Double> mean = new ArrayList<>();
      List<Double> std = new ArrayList<>();
      for (int c = 0; c < sum.length; c++) {
        double average = sum[c] / pixels;
        double variance = squares[c] / pixels - average * average;
        mean.add(average);
        // A channel of one value only is left unscaled; what rounding leaves is no deviation.
        std.add(variance > 1e-10 ? Math.sqrt(variance) : 1.0);
      }
      return new Normalisation(List.copyOf(mean), List.copyOf(std));
    }
  }
}
