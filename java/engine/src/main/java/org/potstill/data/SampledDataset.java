package org.potstill.data;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;

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
   * The first images of every class.
   *
   * @param whole stays open when the sample is closed
   * @param perClass the most training images of every class
   * @param tests the most test images of a class; of those for validation there are none
   * @param wanted which images may be taken; not asked about more than there is need
   */
  public static SampledDataset of(
      Dataset whole, int[] perClass, int tests, Predicate<ImageRecord> wanted) {
    int[] testsPerClass = new int[perClass.length];
    Arrays.fill(testsPerClass, tests);
    return new SampledDataset(
        whole,
        sample(whole.training(), perClass, wanted),
        sample(whole.test(), testsPerClass, wanted));
  }

  private static List<ImageRecord> sample(
      List<ImageRecord> images, int[] perClass, Predicate<ImageRecord> wanted) {
    int[] left = perClass.clone();
    List<ImageRecord> sample = new ArrayList<>();
    for (ImageRecord image : images) {
      if (left[image.classIndex()] > 0 && wanted.test(image)) {
        left[image.classIndex()]--;
        sample.add(image);
      }
    }
    return sample;
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
