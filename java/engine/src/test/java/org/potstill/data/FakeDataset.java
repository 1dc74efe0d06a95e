package org.potstill.data;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/** Square grey images of one value each: image i is filled with i modulo 256. */
final class FakeDataset implements Dataset {

  static final int SIDE = 4;

  /** Says what reading an image ends with, before it is read. */
  interface Trap {
    void spring(int index) throws BadImageException;
  }

  final AtomicInteger reads = new AtomicInteger();
  private final List<ImageRecord> images = new ArrayList<>();
  private final boolean inMemory;
  private final Trap trap;

  FakeDataset(int count, boolean inMemory, Trap trap) {
    this.inMemory = inMemory;
    this.trap = trap;
    for (int i = 0; i < count; i++) {
      images.add(new ImageRecord(Integer.toString(i), i % 2));
    }
  }

  @Override
  public List<String> classNames() {
    return List.of("even", "odd");
  }

  @Override
  public List<String> classKeys() {
    return classNames();
  }

  @Override
  public List<ImageRecord> training() {
    return images;
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
    return SIDE;
  }

  @Override
  public Normalisation normalisation() {
    return new Normalisation(List.of(0.0), List.of(1 / 255.0));
  }

  @Override
  public String fingerprint() {
    return "fake";
  }

  @Override
  public String trainingFingerprint() {
    return fingerprint();
  }

  @Override
  public boolean inMemory() {
    return inMemory;
  }

  @Override
  public RawImage read(ImageRecord image) throws BadImageException {
    int index = Integer.parseInt(image.id());
    reads.incrementAndGet();
    trap.spring(index);
    byte[] pixels = new byte[SIDE * SIDE];
    Arrays.fill(pixels, (byte) index);
    return new RawImage(SIDE, SIDE, 1, pixels);
  }

  @Override
  public void close() {}
}
