package org.potstill.data;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Some images of every class of a data set, in the place of all of them: what stands for its
 * content, and what it is normalised with, are still those of the whole.
 */
public final class SampledDataset implements Dataset {

  private final Dataset whole;
  private final List<ImageRecord> training;
  private final List<ImageRecord> test;

  private SampledDataset(Dataset whole, List<ImageRecord> training, List<ImageRecord> test) {
    this.whole = whole;
    this.training = List.copyOf(training);
    this.test = List.copyOf(test);
  }

  /**
   * A sample, without validation images.
   *
   * @param whole stays open when the sample is closed
   * @param perClass the most training images of every class
   * @param tests the most test images of a class
   * @param readable whether images that cannot be read are passed over
   */
  public static SampledDataset of(Dataset whole, int[] perClass, int tests, boolean readable) {
    int[] testsPerClass = new int[perClass.length];
    Arrays.fill(testsPerClass, tests);
    return new SampledDataset(
        whole,
        sample(whole, whole.training(), perClass, readable),
        sample(whole, whole.test(), testsPerClass, readable));
  }

  private static List<ImageRecord> sample(
      Dataset whole, List<ImageRecord> images, int[] perClass, boolean readable) {
    int[] left = perClass.clone();
    List<ImageRecord> sample = new ArrayList<>();
    for (ImageRecord image : images) {
      if (left[image.classIndex()] > 0 && (!readable || isReadable(whole, image))) {
        left[image.classIndex()]--;
        sample.add(image);
      }
    }
    return sample;
  }

  private static boolean isReadable(Dataset whole, ImageRecord image) {
    try {
      whole.read(image);
      return true;
    } catch (BadImageException e) {
      return false;
    }
  }

  @Override
  public List<String> classNames() {
    return whole.classNames();
  }

  @Override
  public List<String> classKeys() {
    return whole.classKeys();
  }

  @Override
  public List<ImageRecord> training() {
    return training;
  }

  @Override
  public List<ImageRecord> validation() {
    return List.of();
  }

  @Override
  public List<ImageRecord> test() {
    return test;
  }

  @Override
  public int channels() {
    return whole.channels();
  }

  @Override
  public int resolution() {
    return whole.resolution();
  }

  @Override
  public Normalisation normalisation() {
    return whole.normalisation();
  }

  @Override
  public String fingerprint() {
    return whole.fingerprint();
  }

  @Override
  public String trainingFingerprint() {
    return whole.trainingFingerprint();
  }

  @Override
  public boolean inMemory() {
    return whole.inMemory();
  }

  @Override
  public RawImage read(ImageRecord image) throws BadImageException {
    return whole.read(image);
  }

  @Override
  public void close() {
    // The whole is whose it was.
  }
}
