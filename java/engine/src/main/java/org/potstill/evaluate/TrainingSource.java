package org.potstill.evaluate;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.SortedSet;
import java.util.TreeSet;
import org.potstill.config.DataConfig;
import org.potstill.data.Dataset;

/** Where the images come from that networks are trained on. */
interface TrainingSource {

  /** What it is, for progress and metrics: {@code distilled}, {@code random}. */
  String name();

  /**
   * Stands for its content: under the same key a repeat has the same images, but those left out.
   */
  String key();

  /** Ids of images of the data set that a repeat lacks since they cannot be read now. */
  default SortedSet<String> leftOut(int repeat) {
    return new TreeSet<>();
  }

  /** Whether every repeat has images of its own. */
  default boolean varies() {
    return false;
  }

  /**
   * The rate that was learned with the images, where one was.
   *
   * @throws org.potstill.errors.InputException where their file is missing or damaged
   */
  default OptionalDouble learnedRate() {
    return OptionalDouble.empty();
  }

  /** The iteration of the run that the images are of, where several are measured to choose one. */
  default OptionalInt iteration() {
    return OptionalInt.empty();
  }

  /** Whether nothing says how pixels were normalised, so that they are taken to be 0 to 1. */
  default boolean assumesPixels() {
    return false;
  }

  /** The images of a repeat, as many of every class at each; the caller closes them. */
  LabelledImages load(int repeat);

  /**
   * A distilled set in a safetensors file, or in a folder of pictures.
   *
   * @throws org.potstill.errors.InputException where there is none
   */
  static TrainingSource distilled(Path path, DataConfig config, Dataset data) {
    return Files.isDirectory(path)
        ? new DistilledFolder(path, config, data)
        : new DistilledImages(path, data);
  }
}
