package org.potstill.data;

import java.util.List;

/** Images as they lie on the disk or in the jar; safe for use by several threads. */
interface ImageSource extends AutoCloseable {

  /** The two parts that every source comes in. */
  enum Split {
    TRAIN,
    TEST
  }

  /**
   * The images of one split.
   *
   * @param images in the order of the source, their classes counted among the chosen ones
   * @param digest stands for their content
   */
  record Listing(List<ImageRecord> images, String digest) {}

  /** All classes, in the order of the source. */
  List<ClassLabel> classes();

  /** The images of the chosen classes; a class without images has none in the list. */
  Listing list(Split split, List<ClassLabel> chosen);

  /** What a reader should know: folders passed over and the like. */
  List<String> warnings();

  /** 1 for grey, 3 for RGB. */
  int channels();

  /** Side length of the images in pixels, or 0 where they differ. */
  int resolution();

  /**
   * The shorter side of one image in pixels, by its header alone.
   *
   * @throws BadImageException where it cannot be read
   */
  int shorterSide(String id) throws BadImageException;

  /** Whether images cost no decoding, so that reading ahead of the consumer gains nothing. */
  boolean inMemory();

  /**
   * Decodes one image.
   *
   * @throws BadImageException where it cannot be read
   */
  RawImage read(String id) throws BadImageException;

  @Override
  void close();
}
