package org.potstill.evaluate;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.potstill.config.DataConfig;
import org.potstill.data.Dataset;
import org.potstill.data.ImageBatch;
import org.potstill.data.ImageLoader;
import org.potstill.data.ImageRecord;
import org.potstill.data.ImageTransform;
import org.potstill.data.ImageTransforms;
import org.potstill.errors.InputException;
import org.potstill.errors.Listed;
import org.potstill.run.RunContext;
import org.potstill.score.LeftOut;
import org.potstill.tensor.ImageMemory;
import org.potstill.tensor.Tensors;

/** Decodes images of a data set into one tensor. */
final class ImageSetLoader {

  private final Dataset data;
  private final DataConfig config;
  private final RunContext context;
  private final Set<String> lookedAt = new HashSet<>();
  private final Set<String> bad = new HashSet<>();

  ImageSetLoader(Dataset data, DataConfig config, RunContext context) {
    this.data = data;
    this.config = config;
    this.context = context;
  }

  /** Whether images that cannot be read are left out, and there may be such. */
  boolean mayLeaveOut() {
    return config.onBadImage() == DataConfig.OnBadImage.SKIP && !data.inMemory();
  }

  /**
   * Ids of the images that cannot be read, where they may be left out; lists them in {@code
   * left-out.csv}. An image is decoded at the first call alone, and what was bad then is not loaded
   * later: so that an accuracy is noted under what it was reached with.
   *
   * @param task what the listener is told
   */
  SortedSet<String> unreadable(List<ImageRecord> records, String task) {
    if (!mayLeaveOut()) {
      return new TreeSet<>();
    }
    List<ImageRecord> unknown =
        records.stream().filter(image -> !lookedAt.contains(image.id())).toList();
    if (!unknown.isEmpty()) {
      Map<String, String> found = new LinkedHashMap<>();
      read(unknown, transform(), task, found, batch -> {});
      unknown.forEach(image -> lookedAt.add(image.id()));
      bad.addAll(found.keySet());
      takeOffMended(unknown, found.keySet());
      list(new LeftOut(found), task);
    }
    return records.stream()
        .map(ImageRecord::id)
        .filter(bad::contains)
        .collect(Collectors.toCollection(TreeSet::new));
  }

  /**
   * Takes what can be read by now, and what the data set no longer has, off the list. What scoring
   * left out stays on it: the random images are drawn from the others.
   */
  private void takeOffMended(List<ImageRecord> looked, Set<String> found) {
    Set<String> others = ids(data.test());
    others.addAll(ids(data.validation()));
    Set<String> readable = ids(looked);
    readable.retainAll(others);
    readable.removeAll(found);
    Set<String> there = ids(data.training());
    there.addAll(others);
    LeftOut.takeOff(
        context.directory().resolve(LeftOut.FILE),
        id -> readable.contains(id) || !there.contains(id));
  }

  private static Set<String> ids(List<ImageRecord> images) {
    return images.stream().map(ImageRecord::id).collect(Collectors.toCollection(HashSet::new));
  }

  private ImageTransform transform() {
    return ImageTransforms.distill(data.normalisation(), data.resolution(), config.resize());
  }

  /**
   * Loads images as they are distilled.
   *
   * @param task what the listener is told
   * @return without those that cannot be read, which are listed in {@code left-out.csv}; the caller
   *     closes it
   * @throws InputException where an image cannot be read and {@code data.on-bad-image} is fail, or
   *     none can be read
   */
  LabelledImages load(List<ImageRecord> records, String task) {
    return loadKnown(records, task).images();
  }

  /**
   * Images with what is known of them.
   *
   * @param images the caller closes them
   * @param records one per image, in their order
   */
  record Loaded(LabelledImages images, List<ImageRecord> records) {}

  /** Loads images as {@link #load} does, and tells which they are. */
  Loaded loadKnown(List<ImageRecord> records, String task) {
    Set<String> known = unreadable(records, task);
    List<ImageRecord> readable =
        records.stream().filter(image -> !known.contains(image.id())).toList();
    ImageTransform transform = transform();
    long side = transform.resolution();
    long[] shape = {readable.size(), transform.channels(), side, side};
    try (PointerScope scope = new PointerScope()) {
      Tensor images =
          new ImageMemory(context, EvaluateStage.NAME).empty(torch.ScalarType.Float, shape);
      List<ImageRecord> loaded = fill(images.data_ptr_float(), readable, transform, task);
      warnOfLostClasses(records, loaded, task);
      if (loaded.isEmpty()) {
        throw new InputException(task + ": no image of " + config.source() + " can be read");
      }
      long[] labels = loaded.stream().mapToLong(ImageRecord::classIndex).toArray();
      LabelledImages set =
          new LabelledImages(images.narrow(0, 0, loaded.size()), Tensors.of(labels, labels.length));
      return new Loaded(set, loaded);
    }
  }

  /** Fills the memory from its start and returns the images that are in it, in order. */
  private List<ImageRecord> fill(
      FloatPointer memory, List<ImageRecord> records, ImageTransform transform, String task) {
    long size = (long) transform.channels() * transform.resolution() * transform.resolution();
    List<ImageRecord> loaded = new ArrayList<>();
    Map<String, String> leftOut = new LinkedHashMap<>();
    read(
        records,
        transform,
        task,
        leftOut,
        batch -> {
          try (FloatPointer target = memory.getPointer(loaded.size() * size)) {
            Pointer.memcpy(target, batch.pixels(), batch.count() * size * Float.BYTES);
            loaded.addAll(batch.records());
          }
        });
    list(new LeftOut(leftOut), task);
    return loaded;
  }

  /** Decodes images; {@code taker} sees batches in order, {@code leftOut} gets the others. */
  private void read(
      List<ImageRecord> records,
      ImageTransform transform,
      String task,
      Map<String, String> leftOut,
      Consumer<ImageBatch> taker) {
    try (ImageLoader loader =
        ImageLoader.of(data, transform)
            .records(records)
            .threads(context.threads())
            .onBadImage(config.onBadImage(), (image, reason) -> leftOut.put(image.id(), reason))
            .start()) {
      for (int done = 0; loader.hasNext(); ) {
        context.cancellation().throwIfCancelled();
        try (ImageBatch batch = loader.next()) {
          taker.accept(batch);
          done += batch.count();
        }
        context.listener().progress(EvaluateStage.NAME, task, done, records.size(), "images");
      }
    }
  }

  private void warnOfLostClasses(List<ImageRecord> wanted, List<ImageRecord> loaded, String task) {
    Set<Integer> lost = new TreeSet<>();
    wanted.forEach(image -> lost.add(image.classIndex()));
    loaded.forEach(image -> lost.remove(image.classIndex()));
    if (!lost.isEmpty()) {
      List<String> names = lost.stream().map(data.classNames()::get).toList();
      context
          .listener()
          .warning(
              EvaluateStage.NAME,
              "no image of " + Listed.some(names) + " can be read (" + task + ")");
    }
  }

  private void list(LeftOut leftOut, String task) {
    if (!leftOut.reasons().isEmpty()) {
      leftOut.addTo(context.directory().resolve(LeftOut.FILE));
      context.listener().warning(EvaluateStage.NAME, leftOut.words(" (" + task + ")"));
    }
  }
}
