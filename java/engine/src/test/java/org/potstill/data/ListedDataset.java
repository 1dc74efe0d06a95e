package org.potstill.data;

import java.util.ArrayList;
import java.util.List;

/** A data set of a test: training images that are only listed. */
public final class ListedDataset implements Dataset {

  private final List<String> classes;
  private final List<ImageRecord> training = new ArrayList<>();

  /** Without images. */
  public ListedDataset(String... classes) {
    this.classes = List.of(classes);
  }

  /** Adds a training image. */
  public ListedDataset with(String id, int classIndex) {
    training.add(new ImageRecord(id, classIndex));
    return this;
  }

  @Override
  public List<String> classNames() {
    return classes;
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
    return List.of();
  }

  @Override
  public List<ImageRecord> test() {
    return List.of();
  }

  @Override
  public int channels() {
    return 1;
  }

  @Override
  public int resolution() {
    return 28;
  }

  @Override
  public Normalisation normalisation() {
    return new Normalisation(List.of(0.5), List.of(0.5));
  }

  @Override
  public String fingerprint() {
    return classes + " " + training;
  }

  @Override
  public String trainingFingerprint() {
    return fingerprint();
  }

  @Override
  public RawImage read(ImageRecord image) {
    throw new AssertionError("pruning decodes nothing, but asked for " + image.id());
  }

  @Override
  public void close() {}
}
