package org.potstill.data;

import java.util.List;
import org.bytedeco.javacpp.FloatPointer;

/** Images of one batch in native memory; closing it gives the memory back. */
public final class ImageBatch implements AutoCloseable {

  private final List<ImageRecord> records;
  private final int channels;
  private final int resolution;
  private FloatPointer pixels;

  ImageBatch(List<ImageRecord> records, FloatPointer pixels, int channels, int resolution) {
    this.records = records;
    this.pixels = pixels;
    this.channels = channels;
    this.resolution = resolution;
  }

  /** The images, in the order of their pixels. */
  public List<ImageRecord> records() {
    return records;
  }

  /** Number of images, at least 1. */
  public int count() {
    return records.size();
  }

  /** Channels of every image. */
  public int channels() {
    return channels;
  }

  /** Side length of every image in pixels. */
  public int resolution() {
    return resolution;
  }

  /**
   * The normalised pixels, (count, channels, resolution, resolution) row-major; valid until this is
   * closed.
   *
   * @throws IllegalStateException where it is closed already
   */
  public FloatPointer pixels() {
    if (pixels == null) {
      throw new IllegalStateException("the batch is closed");
    }
    return pixels;
  }

  @Override
  public void close() {
    if (pixels != null) {
      pixels.close();
      pixels = null;
    }
  }
}
