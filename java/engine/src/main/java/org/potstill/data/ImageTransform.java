package org.potstill.data;

/** Turns a decoded image into the values of one network input; safe for use by several threads. */
public interface ImageTransform {

  /** Channels of the result. */
  int channels();

  /** Side length of the result in pixels. */
  int resolution();

  /**
   * The normalised pixels, (channels, resolution, resolution) row-major; another number of values
   * is an error of the {@link ImageLoader}.
   */
  float[] apply(RawImage image);
}
