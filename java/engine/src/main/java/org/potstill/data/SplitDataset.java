package org.potstill.data;

import java.util.ArrayList;
import java.util.List;
import org.potstill.config.DataConfig;
import org.potstill.errors.DidYouMean;
import org.potstill.errors.InputException;
import org.potstill.errors.Listed;
import org.potstill.run.Sha256;

/**
 * The chosen classes of a source, with the validation share taken off the training images and,
 * where it is asked for, the share to test on before that.
 */
final class SplitDataset implements Dataset {

  private final ImageSource source;
  private final DataConfig config;
  private final List<ClassLabel> classes;

  /** Kept, since they are asked for image by image. */
  private final List<String> classNames;

  private final List<String> classKeys;
  private final ValidationSplit split;
  private final List<ImageRecord> test;
  private final List<String> warnings;
  private final String fingerprint;
  private final String trainingFingerprint;
  private final int resolution;
  private Normalisation normalisation;

  SplitDataset(ImageSource source, DataConfig config, long seed, int resolution) {
    this.source = source;
    this.config = config;
    this.resolution = resolution;
    classes = ClassChoice.choose(source.classes(), config.classes());
    classNames = classes.stream().map(ClassLabel::name).toList();
    classKeys = classes.stream().map(ClassLabel::key).toList();
    ImageSource.Listing train = source.list(ImageSource.Split.TRAIN, classes);
    ImageSource.Listing tested = source.list(ImageSource.Split.TEST, classes);
    refuseEmptyClasses(train.images());
    refuseSecondTests(tested.images());
    TestSplit tests = TestSplit.of(train.images(), classes.size(), config.testShare());
    test = config.testShare() > 0 ? tests.test() : List.copyOf(tested.images());
    split = ValidationSplit.of(tests.training(), classes.size(), config.validationShare(), seed);
    warnings = new ArrayList<>(source.warnings());
    warnAboutTest();
    warnAboutEnlarging();
    warnAboutOutputs();
    fingerprint = fingerprint(train.digest() + ' ' + tested.digest(), seed);
    trainingFingerprint = fingerprint(train.digest(), seed);
    DatasetNormalisation.check(config, channels());
  }

  private void refuseEmptyClasses(List<ImageRecord> images) {
    int[] counts = counts(images);
    for (int i = 0; i < counts.length; i++) {
      if (counts[i] == 0) {
        throw new InputException(
            "class "
                + quoted(classes.get(i))
                + " has no training images in "
                + config.source()
                + ": add some, or leave the class out of data.classes");
      }
    }
  }

  private void refuseSecondTests(List<ImageRecord> images) {
    if (config.testShare() > 0 && !images.isEmpty()) {
      throw new InputException(
          "data.test-share: "
              + config.testShare()
              + " is for folders without test images, but "
              + config.source()
              + " has some, for example "
              + images.get(0).id()
              + "; set data.test-share to 0");
    }
  }

  private void warnAboutTest() {
    int[] counts = counts(test);
    List<String> missing = new ArrayList<>();
    for (int i = 0; i < counts.length; i++) {
      if (counts[i] == 0) {
        missing.add(quoted(classes.get(i)));
      }
    }
    if (!missing.isEmpty()) {
      warnings.add(
          missing.size() == classes.size()
              ? "there are no test images, on which accuracy is measured"
              : "no test images of " + Listed.some(missing) + ": accuracy leaves them out");
    }
  }

  /** One image tells enough. */
  private void warnAboutEnlarging() {
    if (source.resolution() != 0) {
      return; // The default is that of the source: another one was asked for.
    }
    String id = split.training().get(0).id();
    try {
      int shorter = source.shorterSide(id);
      if (shorter < resolution) {
        warnings.add(
            "images are enlarged to "
                + resolution
                + " pixels, data.resolution: "
                + id
                + " has "
                + shorter
                + "; data.resolution: "
                + shorter
                + " takes such images as they are");
      }
    } catch (BadImageException e) {
      // Left to the stage that reads it.
    }
  }

  /** A config may serve several choices of classes; it may also have a slip in a name. */
  private void warnAboutOutputs() {
    List<String> known = new ArrayList<>(classKeys());
    known.addAll(classNames());
    List<String> strange =
        config.classIndex().keySet().stream().filter(name -> !known.contains(name)).toList();
    for (String name : strange) {
      warnings.add(
          "data.class-index names '"
              + name
              + "', which is no class here"
              + DidYouMean.hint(name, known));
    }
  }

  private int[] counts(List<ImageRecord> images) {
    int[] counts = new int[classes.size()];
    images.forEach(image -> counts[image.classIndex()]++);
    return counts;
  }

  private static String quoted(ClassLabel label) {
    return label.name().equals(label.key())
        ? label.name()
        : label.key() + " (" + label.name() + ")";
  }

  private String fingerprint(String content, long seed) {
    // The path is no part of it: a data set that was moved is still the same. And runs of versions
    // without a share to test on have none.
    String tested = config.testShare() > 0 ? "\n" + config.testShare() : "";
    String kind = config.source().substring(0, config.source().indexOf(':'));
    String all =
        String.join(
            "\n",
            kind,
            classKeys().toString(),
            Integer.toString(resolution),
            Double.toString(config.validationShare()),
            config.resize().name(),
            config.mean() + " " + config.std(),
            Long.toString(config.maxPixels()),
            Long.toString(seed),
            content);
    return Sha256.of(all + tested);
  }

  @Override
  public List<String> classNames() {
    return classNames;
  }

  @Override
  public List<String> classKeys() {
    return classKeys;
  }

  @Override
  public List<ImageRecord> training() {
    return split.training();
  }

  @Override
  public List<ImageRecord> validation() {
    return split.validation();
  }

  @Override
  public List<ImageRecord> test() {
    return test;
  }

  @Override
  public int channels() {
    return source.channels();
  }

  @Override
  public int resolution() {
    return resolution;
  }

  @Override
  public synchronized Normalisation normalisation() {
    if (normalisation == null) {
      normalisation = DatasetNormalisation.of(this, split.all(), config);
    }
    return normalisation;
  }

  @Override
  public String fingerprint() {
    return fingerprint;
  }

  @Override
  public String trainingFingerprint() {
    return trainingFingerprint;
  }

  @Override
  public List<String> warnings() {
    return List.copyOf(warnings);
  }

  @Override
  public boolean inMemory() {
    return source.inMemory();
  }

  @Override
  public RawImage read(ImageRecord image) throws BadImageException {
    return source.read(image.id());
  }

  @Override
  public void close() {
    source.close();
  }
}
