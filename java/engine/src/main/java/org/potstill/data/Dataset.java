package org.potstill.data;

import java.util.List;

/**
 * A data set that was listed, not decoded: class names and the records of its three splits.
 *
 * <p>Safe for use by several threads at once.
 */
public interface Dataset extends AutoCloseable {

  /** Display names of the classes, in the order of their indices. */
  List<String> classNames();

  /** Names of the classes as the source spells them (folder names, wnids), same order. */
  List<String> classKeys();

  /** Images to score, prune and distil: the training images without the validation share. */
  List<ImageRecord> training();

  /** The validation share of the training images. */
  List<ImageRecord> validation();

  /** Images that nothing but the final evaluation looks at. */
  List<ImageRecord> test();

  /** 1 for grey, 3 for RGB. */
  int channels();

  /** Side length in pixels at which images are distilled. */
  int resolution();

  /**
   * What pixels from 0 to 1 are normalised with.
   *
   * @throws org.potstill.errors.InputException where it is measured on the training images and one
   *     of them cannot be read and may not be left out, or none can be read
   */
  Normalisation normalisation();

  /** What stands for the content of the data set in fingerprints: ids, sizes, source, settings. */
  String fingerprint();

  /**
   * The same without the test images, which no stage before {@code evaluate} looks at: of the
   * training images, as they are split. A run takes it from {@link TrainingIdentity}.
   */
  String trainingFingerprint();

  /** What a reader should know of the source: classes without test images, files passed over. */
  default List<String> warnings() {
    return List.of();
  }

  /** Whether images cost no decoding, so that reading ahead of the consumer gains nothing. */
  default boolean inMemory() {
    return false;
  }

  /**
   * Decodes one image.
   *
   * @throws BadImageException where it cannot be read; names the image and the reason
   */
  RawImage read(ImageRecord image) throws BadImageException;

  @Override
  void close();
}
