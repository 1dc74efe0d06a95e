package org.potstill.data;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Pointer;

/**
 * A batch that is being filled. Every slot is written by one thread only; the lock of the queue
 * makes what was written visible to the consumer.
 */
final class PendingBatch implements AutoCloseable {

  private final List<ImageRecord> records;
  private final String[] reasons;
  private final ImageTransform transform;
  private final int valuesPerImage;
  private final FloatPointer pixels;

  /** How many slots are not filled yet; guarded by the lock of the queue. */
  int missing;

  PendingBatch(List<ImageRecord> records, ImageTransform transform) {
    this.records = records;
    this.transform = transform;
    reasons = new String[records.size()];
    missing = records.size();
    int side = transform.resolution();
    valuesPerImage = transform.channels() * side * side;
    pixels = new FloatPointer((long) records.size() * valuesPerImage);
  }

  ImageRecord record(int slot) {
    return records.get(slot);
  }

  void put(int slot, RawImage image) {
    float[] values = transform.apply(image);
    // The copy looks at no length: it would read whatever lies behind.
    if (values == null || values.length != valuesPerImage) {
      throw new IllegalStateException(
          transform.getClass().getName()
              + " gave "
              + (values == null ? "null" : values.length + " values")
              + " for an image of "
              + transform.channels()
              + " x "
              + transform.resolution()
              + " x "
              + transform.resolution());
    }
    pixels.getPointer((long) slot * valuesPerImage).put(values, 0, valuesPerImage);
  }

  void leaveOut(int slot, String reason) {
    reasons[slot] = reason;
  }

  /** Why an image was left out, or null where it was not. */
  String reason(int slot) {
    return reasons[slot];
  }

  int size() {
    return records.size();
  }

  /** Closes the gaps of images left out; the result owns the memory. */
  ImageBatch finish() {
    List<ImageRecord> kept = new ArrayList<>(records.size());
    for (int slot = 0; slot < records.size(); slot++) {
      if (reasons[slot] != null) {
        continue;
      }
      if (kept.size() < slot) {
        // Whole images move towards the front, so that source and target never overlap.
        Pointer.memcpy(
            pixels.getPointer((long) kept.size() * valuesPerImage),
            pixels.getPointer((long) slot * valuesPerImage),
            (long) valuesPerImage * Float.BYTES);
      }
      kept.add(records.get(slot));
    }
    return new ImageBatch(List.copyOf(kept), pixels, transform.channels(), transform.resolution());
  }

  @Override
  public void close() {
    pixels.close();
  }
}
