package org.potstill.data;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.potstill.random.Purpose;
import org.potstill.random.RandomStream;

/**
 * A data set of a test, in memory: noise, with a bright stripe whose place tells the class, so that
 * networks can learn it.
 */
public final class PatternDataset implements Dataset {

  private final List<String> classes;
  private final int side;
  private final int channels;
  private final List<ImageRecord> training = new ArrayList<>();
  private final List<ImageRecord> validation = new ArrayList<>();
  private final List<ImageRecord> test = new ArrayList<>();
  private final Map<String, String> bad = new HashMap<>();
  private final Set<String> others = new HashSet<>();
  private final Set<String> decoded = new HashSet<>();
  private final AtomicInteger reads = new AtomicInteger();
  private double mean = 0.5;
  private String tests = "";
  private boolean knownByAll;

  /**
   * A data set.
   *
   * @param perClass training images of every class; half as many are for validation and for tests
   */
  public PatternDataset(int side, int channels, int perClass, String... classes) {
    this.side = side;
    this.channels = channels;
    this.classes = List.of(classes);
    for (int c = 0; c < classes.length; c++) {
      for (int i = 0; i < 2 * perClass; i++) {
        String split = i < perClass ? "train" : "val";
        ImageRecord image = new ImageRecord(split + "/" + classes[c] + "/" + i + ".png", c);
        (i < perClass ? training : i % 2 == 0 ? validation : test).add(image);
      }
    }
  }

  /** The same without images for validation. */
  public PatternDataset withoutValidation() {
    validation.clear();
    return this;
  }

  /** The same without a test image. */
  public PatternDataset withoutTest(int index) {
    test.remove(index);
    return this;
  }

  /** The same with an image that cannot be read. */
  public PatternDataset withBad(int index, String reason) {
    bad.put(training.get(index).id(), reason);
    return this;
  }

  /** The same with another picture in the place of a training image. */
  public PatternDataset withOther(int index) {
    others.add(training.get(index).id());
    return this;
  }

  /** The same with a test image that cannot be read. */
  public PatternDataset withBadTest(int index, String reason) {
    bad.put(test.get(index).id(), reason);
    return this;
  }

  /** The same with an image of the validation share that cannot be read. */
  public PatternDataset withBadValidation(int index, String reason) {
    bad.put(validation.get(index).id(), reason);
    return this;
  }

  /** The same with test images that are told apart from others by {@code version}. */
  public PatternDataset withTests(String version) {
    tests = " tests " + version;
    return this;
  }

  /** The same as earlier versions knew it: training images by all images. */
  public PatternDataset knownByAll() {
    knownByAll = true;
    return this;
  }

  /** The same normalised with another mean. */
  public PatternDataset withMean(double value) {
    mean = value;
    return this;
  }

  /** How often an image was decoded. */
  public int reads() {
    return reads.get();
  }

  /** Whether an image was ever decoded. */
  public synchronized boolean wasDecoded(String id) {
    return decoded.contains(id);
  }

  @Override
  public List<String> classNames() {
    return classes.stream().map(key -> "name of " + key).toList();
  }

  @Override
  public List<String> classKeys() {
    return classes;
  }

  @Override
  public List<ImageRecord> training() {
    return List.copyOf(training);
  }

  @Override
  public List<ImageRecord> validation() {
    return List.copyOf(validation);
  }

  @Override
  public List<ImageRecord> test() {
    return List.copyOf(test);
  }

  @Override
  public int channels() {
    return channels;
  }

  @Override
  public int resolution() {
    return side;
  }

  @Override
  public Normalisation normalisation() {
    List<Double> means = new ArrayList<>();
    List<Double> quarter = new ArrayList<>();
    for (int c = 0; c < channels; c++) {
      means.add(mean);
      quarter.add(0.25);
    }
    return new Normalisation(means, quarter);
  }

  @Override
  public String fingerprint() {
    return side + " " + channels + " " + classes + " " + training + tests;
  }

  @Override
  public String trainingFingerprint() {
    return knownByAll ? fingerprint() : side + " " + channels + " " + classes + " " + training;
  }

  @Override
  public RawImage read(ImageRecord image) throws BadImageException {
    reads.incrementAndGet();
    synchronized (this) {
      decoded.add(image.id());
    }
    if (bad.containsKey(image.id())) {
      throw new BadImageException(image.id(), bad.get(image.id()));
    }
    int version = others.contains(image.id()) ? 1 : 0;
    RandomStream random =
        RandomStream.of(11, Purpose.BASELINE_CHOICE, image.id().hashCode(), version);
    byte[] pixels = new byte[side * side * channels];
    int row = image.classIndex() * side / classes.size();
    for (int i = 0; i < pixels.length; i++) {
      int stripe = i / (side * channels) == row ? 120 : 0;
      pixels[i] = (byte) (random.nextInt(130) + stripe);
    }
    return new RawImage(side, side, channels, pixels);
  }

  @Override
  public void close() {}
}
