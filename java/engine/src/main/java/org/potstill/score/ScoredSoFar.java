package org.potstill.score;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.potstill.data.BadImageException;
import org.potstill.data.Dataset;
import org.potstill.data.ImageRecord;
import org.potstill.data.RawImage;
import org.potstill.errors.InputException;
import org.potstill.errors.RunFailedException;

/**
 * The losses of the training images as far as they are known, in the order of the data set, with
 * the images that were left out and the pictures worth showing.
 */
final class ScoredSoFar {

  private final Dataset data;
  private final List<ImageRecord> images;
  private final int batch;
  private final Map<String, String> leftOut;

  /** Of images that are decoded and not scored yet; threads that decode put them here. */
  private final Map<String, RawImage> pictures = new ConcurrentHashMap<>();

  private final Gallery gallery;

  /** One per image; NaN for one that is left out or not scored yet. */
  private final float[] losses;

  private int done;

  /**
   * What a checkpoint holds, from which scoring goes on.
   *
   * @param batch images per batch, those that are left out included
   */
  ScoredSoFar(Dataset data, int batch, ScoringCheckpoint.Position start) {
    this.data = data;
    this.batch = batch;
    images = data.training();
    gallery = new Gallery(data.classKeys().size());
    losses = new float[images.size()];
    leftOut = new LinkedHashMap<>(start.leftOut());
    done = start.losses().length;
    Arrays.fill(losses, Float.NaN);
    for (int i = 0; i < done; i++) {
      if (!Float.isNaN(start.losses()[i])) {
        ImageRecord image = images.get(i);
        take(i, start.losses()[i], () -> decodedAgain(image));
      }
    }
  }

  private RawImage decodedAgain(ImageRecord image) {
    try {
      return Thumbnail.of(data.read(image));
    } catch (BadImageException e) {
      throw new InputException(
          "image '" + image.id() + "' can no longer be read: " + e.getMessage(), e);
    }
  }

  /** Images that are dealt with. */
  int done() {
    return done;
  }

  /** The images that follow. */
  List<ImageRecord> remaining() {
    return images.subList(done, images.size());
  }

  /** An image cannot be used. */
  void leaveOut(ImageRecord image, String reason) {
    leftOut.put(image.id(), reason);
  }

  /** An image was decoded, which is to be added later; may be called by several threads at once. */
  void show(ImageRecord image, RawImage decoded) {
    pictures.put(image.id(), Thumbnail.of(decoded));
  }

  /**
   * Adds the batch that follows.
   *
   * @param records its images but those that were left out
   * @param found their losses
   * @throws RunFailedException where one is not finite
   */
  void add(List<ImageRecord> records, float[] found) {
    int index = done;
    for (int i = 0; i < found.length; i++) {
      ImageRecord image = records.get(i);
      while (!images.get(index).equals(image)) {
        index++;
      }
      requireFinite(image, found[i]);
      RawImage picture = pictures.remove(image.id());
      take(index, found[i], () -> picture);
    }
    // Batches begin at multiples of their size, so that they are the same after a resume.
    done = Math.min(images.size(), (index / batch + 1) * batch);
  }

  private static void requireFinite(ImageRecord image, float loss) {
    if (!Float.isFinite(loss)) {
      throw new RunFailedException(
          "the loss of image '" + image.id() + "' is " + loss + "; the weights are of no use");
    }
  }

  private void take(int index, float loss, Supplier<RawImage> picture) {
    ImageRecord image = images.get(index);
    losses[index] = loss;
    gallery.offer(index, image.id(), image.classIndex(), loss, picture);
  }

  /** For a checkpoint. */
  ScoringCheckpoint.Position position() {
    return new ScoringCheckpoint.Position(Arrays.copyOf(losses, done), leftOut);
  }

  /** What was found of all images. */
  Scored scored() {
    List<Scores.Entry> entries = new ArrayList<>();
    for (int i = 0; i < losses.length; i++) {
      if (!Float.isNaN(losses[i])) {
        String key = data.classKeys().get(images.get(i).classIndex());
        entries.add(new Scores.Entry(images.get(i).id(), key, losses[i]));
      }
    }
    return new Scored(new Scores(entries), new LeftOut(leftOut), gallery);
  }
}
