package org.potstill.data;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** A source whose images all have one size and lie in few files: IDX, CIFAR and the builtin. */
final class PackedSource implements ImageSource {

  private static final int ID_DIGITS = 6;

  private final List<ClassLabel> classes;
  private final int[] labelOfClass;
  private final PackedSplit train;
  private final PackedSplit test;
  private final PackedShape shape;
  private final List<String> warnings = new ArrayList<>();

  /**
   * A source of the given splits; labels that occur in no training image are no classes.
   *
   * @param labels the class of every label that may occur
   */
  PackedSource(List<ClassLabel> labels, PackedShape shape, PackedSplit train, PackedSplit test) {
    this.shape = shape;
    this.train = train;
    this.test = test;
    labelOfClass = Arrays.stream(train.labels()).distinct().sorted().toArray();
    classes = Arrays.stream(labelOfClass).mapToObj(labels::get).toList();
    Set<Integer> known = new HashSet<>();
    Arrays.stream(labelOfClass).forEach(known::add);
    Arrays.stream(test.labels())
        .distinct()
        .sorted()
        .filter(label -> !known.contains(label))
        .forEach(label -> warnings.add(withoutTraining(labels.get(label))));
  }

  private static String withoutTraining(ClassLabel label) {
    return "class " + label.name() + " has test images but no training images: left out";
  }

  @Override
  public List<ClassLabel> classes() {
    return classes;
  }

  @Override
  public Listing list(Split split, List<ClassLabel> chosen) {
    PackedSplit images = split == Split.TRAIN ? train : test;
    int[] classOfLabel = new int[1 + Arrays.stream(labelOfClass).max().orElse(0)];
    Arrays.fill(classOfLabel, -1);
    for (int i = 0; i < chosen.size(); i++) {
      classOfLabel[labelOfClass[classes.indexOf(chosen.get(i))]] = i;
    }
    List<ImageRecord> records = new ArrayList<>();
    for (int i = 0; i < images.labels().length; i++) {
      int label = images.labels()[i];
      if (label < classOfLabel.length && classOfLabel[label] >= 0) {
        records.add(new ImageRecord(id(split, i), classOfLabel[label]));
      }
    }
    return new Listing(records, images.digest());
  }

  private static String id(Split split, int index) {
    String digits = Integer.toString(index);
    return prefix(split) + "0".repeat(Math.max(0, ID_DIGITS - digits.length())) + digits;
  }

  private static String prefix(Split split) {
    return split.name().toLowerCase(Locale.ROOT) + "/";
  }

  @Override
  public RawImage read(String id) throws BadImageException {
    for (Split split : Split.values()) {
      if (id.startsWith(prefix(split))) {
        PackedSplit images = split == Split.TRAIN ? train : test;
        int index = index(id, prefix(split).length(), images.labels().length);
        byte[] pixels = images.pixels(index, shape.bytes());
        return new RawImage(
            shape.width(), shape.height(), shape.channels(), shape.interleaved(pixels));
      }
    }
    throw new BadImageException(id, "no such image in this source");
  }

  private static int index(String id, int from, int count) throws BadImageException {
    try {
      int index = Integer.parseInt(id, from, id.length(), 10);
      if (index >= 0 && index < count) {
        return index;
      }
    } catch (NumberFormatException e) {
      // Falls through to the same answer as a number beyond the end.
    }
    throw new BadImageException(id, "no such image in this source");
  }

  @Override
  public List<String> warnings() {
    return List.copyOf(warnings);
  }

  @Override
  public int channels() {
    return shape.channels();
  }

  @Override
  public int resolution() {
    return Math.min(shape.width(), shape.height());
  }

  @Override
  public int shorterSide(String id) {
    return resolution();
  }

  @Override
  public boolean inMemory() {
    return true;
  }

  @Override
  public void close() {
    // Mapped files are given back by the garbage collector; there is nothing to close.
  }
}
