package org.potstill.distill;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.potstill.data.BadImageException;
import org.potstill.data.Dataset;
import org.potstill.data.ImageRecord;
import org.potstill.data.ImageTransform;
import org.potstill.errors.InputException;
import org.potstill.errors.RunCancelledException;
import org.potstill.run.RunContext;
import org.potstill.tensor.ImageMemory;
import org.potstill.tensor.Placement;

/** Decodes the images of a core-set once, on several threads, straight into native memory. */
final class CoreSetLoader {

  private final Dataset data;
  private final ImageTransform transform;
  private final RunContext context;
  private final String stage;

  CoreSetLoader(Dataset data, ImageTransform transform, RunContext context, String stage) {
    this.data = data;
    this.transform = transform;
    this.context = context;
    this.stage = stage;
  }

  /**
   * Loads the images.
   *
   * @param perClass one list per class
   * @param whitening of the images
   * @return the caller closes it
   * @throws InputException where an image can no longer be read
   */
  CoreSetImages load(List<List<ImageRecord>> perClass, Whitening whitening) {
    List<ImageRecord> records = perClass.stream().flatMap(List::stream).toList();
    int[] counts = perClass.stream().mapToInt(List::size).toArray();
    long side = transform.resolution();
    long[] shape = {records.size(), transform.channels(), side, side};
    try (PointerScope scope = new PointerScope()) {
      Tensor images = new ImageMemory(context, stage).empty(torch.ScalarType.Float, shape);
      fill(images.data_ptr_float(), records);
      whitening.apply(images);
      return new CoreSetImages(
          Placement.of(context.device()).place(images), counts, data.classNames());
    }
  }

  private void fill(FloatPointer memory, List<ImageRecord> records) {
    ExecutorService pool = Executors.newFixedThreadPool(context.threads());
    try {
      List<Future<?>> loading = new ArrayList<>();
      for (int i = 0; i < records.size(); i++) {
        int index = i;
        loading.add(pool.submit(() -> load(records.get(index), index, memory)));
      }
      for (int i = 0; i < loading.size(); i++) {
        context.cancellation().throwIfCancelled();
        await(loading.get(i));
        context.listener().progress(stage, "loading", i + 1, loading.size(), "images");
      }
    } finally {
      end(pool);
    }
  }

  /** Waits for the threads, since the memory must not be given back while one writes to it. */
  private static void end(ExecutorService pool) {
    pool.shutdownNow();
    boolean interrupted = false;
    while (!pool.isTerminated()) {
      try {
        pool.awaitTermination(1, TimeUnit.MINUTES);
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void load(ImageRecord image, int index, FloatPointer memory) {
    try {
      float[] pixels = transform.apply(data.read(image));
      try (PointerScope scope = new PointerScope()) {
        memory.getPointer((long) index * pixels.length).put(pixels, 0, pixels.length);
      }
    } catch (BadImageException e) {
      throw new InputException(
          "image "
              + e.id()
              + " of the core-set cannot be read: "
              + e.getMessage()
              + "; put it back, or score and prune again",
          e);
    }
  }

  private static void await(Future<?> task) {
    try {
      task.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      if (e.getCause() instanceof Error cause) {
        throw cause;
      }
      throw new IllegalStateException(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new RunCancelledException("interrupted while images were loaded", e);
    }
  }
}
