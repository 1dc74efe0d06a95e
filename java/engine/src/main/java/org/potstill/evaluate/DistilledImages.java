package org.potstill.evaluate;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.potstill.data.Dataset;
import org.potstill.data.Normalisation;
import org.potstill.distill.DistilledSet;
import org.potstill.errors.InputException;
import org.potstill.run.Fingerprint;
import org.potstill.tensor.Tensors;

/** A distilled set brought to the terms of a data set: its class order and its normalisation. */
final class DistilledImages implements TrainingSource {

  static final String NAME = "distilled";

  private final Path file;
  private final Dataset data;
  private final OptionalInt iteration;

  DistilledImages(Path file, Dataset data) {
    this(file, data, OptionalInt.empty());
  }

  /** A set that is measured beside those of other iterations. */
  DistilledImages(Path file, Dataset data, int iteration) {
    this(file, data, OptionalInt.of(iteration));
  }

  private DistilledImages(Path file, Dataset data, OptionalInt iteration) {
    this.file = file;
    this.data = data;
    this.iteration = iteration;
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public OptionalInt iteration() {
    return iteration;
  }

  @Override
  public String key() {
    return Fingerprint.ofFile(file);
  }

  @Override
  public OptionalDouble learnedRate() {
    try (DistilledSet set = DistilledSet.read(file)) {
      return set.description().learningRate();
    }
  }

  @Override
  public boolean assumesPixels() {
    return !DistilledSet.tellsNormalisation(file);
  }

  /**
   * Reads the set, the same at every repeat.
   *
   * @throws InputException where it has other channels, another resolution or classes that the data
   *     set does not have, or is damaged
   */
  @Override
  public LabelledImages load(int repeat) {
    try (DistilledSet set = DistilledSet.read(file);
        PointerScope scope = new PointerScope()) {
      requireShape(set.images());
      int[] labels = classes(set);
      return new LabelledImages(
          normalised(set.images(), set.description().normalisation()), Tensors.indices(labels));
    }
  }

  private void requireShape(Tensor images) {
    long[] shape = Tensors.shape(images);
    long[] wanted = {shape[0], data.channels(), data.resolution(), data.resolution()};
    if (!Arrays.equals(shape, wanted)) {
      boolean otherSize = shape[2] != wanted[2] || shape[3] != wanted[3];
      throw new InputException(
          String.format(
              Locale.ROOT,
              "%s holds images of %d channels and %d x %d pixels, the data set is of %d channels"
                  + " and %d x %d%s",
              file,
              shape[1],
              shape[2],
              shape[3],
              wanted[1],
              wanted[2],
              wanted[3],
              otherSize ? sizeAdvice(shape[2], shape[3], "images") : ""));
    }
  }

  /** What to do about images of another size than those of the data set, which are square. */
  static String sizeAdvice(long height, long width, String images) {
    return height == width
        ? "; set data.resolution to that of the " + images
        : "; only square " + images + " can be evaluated";
  }

  private int[] classes(DistilledSet set) {
    List<String> keys = set.description().classKeys();
    List<String> own = keys.isEmpty() ? set.description().classNames() : keys;
    List<String> known = keys.isEmpty() ? data.classNames() : data.classKeys();
    int[] labels = set.labelValues();
    for (int i = 0; i < labels.length; i++) {
      labels[i] = own.isEmpty() ? labels[i] : known.indexOf(own.get(labels[i]));
      if (labels[i] < 0 || labels[i] >= known.size()) {
        throw new InputException(
            String.format(
                Locale.ROOT,
                "%s: image %d is of class '%s', which is not among the %d classes of the data set",
                file,
                i,
                own.isEmpty() ? labels[i] : own.get(set.labelValues()[i]),
                known.size()));
      }
    }
    return labels;
  }

  /** From the normalisation of the set to that of the data set; untouched where they agree. */
  private Tensor normalised(Tensor images, Normalisation of) {
    Normalisation wanted = data.normalisation();
    if (of.equals(wanted)) {
      return images;
    }
    Tensor pixels =
        images.mul(Tensors.perChannel(images, of.std())).add(Tensors.perChannel(images, of.mean()));
    return pixels
        .sub(Tensors.perChannel(pixels, wanted.mean()))
        .div(Tensors.perChannel(pixels, wanted.std()));
  }
}
