package org.potstill.score;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.potstill.config.Config;
import org.potstill.data.Dataset;
import org.potstill.data.ImageBatch;
import org.potstill.data.ImageLoader;
import org.potstill.data.ImageRecord;
import org.potstill.data.ImageTransforms;
import org.potstill.data.Normalisation;
import org.potstill.data.RawImage;
import org.potstill.errors.InputException;
import org.potstill.run.RunContext;
import org.potstill.tensor.ImageMemory;
import org.potstill.tensor.NamedTensors;
import org.potstill.tensor.Placement;
import org.potstill.tensor.Tensors;

/**
 * The training images at the resolution of the data in native memory, one byte a value, decoded
 * once for all epochs, the scoring and the gallery.
 *
 * <p>Owns its memory. Filled by one thread; several may then take images from it.
 */
final class PixelStore implements AutoCloseable {

  private static final int WHITE = 255;
  private static final String PIXELS = "pixels";
  private static final String SCALE = "scale";
  private static final String SHIFT = "shift";

  private final NamedTensors tensors = new NamedTensors();
  private final List<ImageRecord> records = new ArrayList<>();
  private final Map<String, String> leftOut = new LinkedHashMap<>();

  private final Placement placement;

  private PixelStore(Placement placement) {
    this.placement = placement;
  }

  /**
   * Decodes the training images.
   *
   * @throws InputException where an image cannot be read and may not be left out, or none is left
   */
  static PixelStore load(Config config, Dataset data, RunContext context) {
    PixelStore store = new PixelStore(Placement.of(context.device()));
    try {
      store.fill(config, data, context);
      store.setNormalisation(data.normalisation());
      return store;
    } catch (RuntimeException | Error e) {
      store.close();
      throw e;
    }
  }

  /** What the training images of a data set take. */
  static long bytes(Dataset data) {
    long side = data.resolution();
    return side * side * data.channels() * data.training().size();
  }

  private void fill(Config config, Dataset data, RunContext context) {
    int channels = data.channels();
    Normalisation plain = new Normalisation(same(0, channels), same(1, channels));
    long side = data.resolution();
    int total = data.training().size();
    try (PointerScope scope = new PointerScope();
        ImageLoader loader =
            ImageLoader.of(
                    data, ImageTransforms.distill(plain, data.resolution(), config.data().resize()))
                .threads(context.threads())
                .onBadImage(
                    config.data().onBadImage(), (image, reason) -> leftOut.put(image.id(), reason))
                .start()) {
      long[] shape = {total, channels, side, side};
      Tensor pixels = new ImageMemory(context, ScoreStage.NAME).empty(torch.ScalarType.Byte, shape);
      while (loader.hasNext()) {
        context.cancellation().throwIfCancelled();
        try (ImageBatch batch = loader.next()) {
          add(batch, pixels);
        }
        long done = records.size() + (long) leftOut.size();
        context.listener().progress(ScoreStage.NAME, "loading", done, total, "images");
      }
      if (records.isEmpty()) {
        throw new InputException("score: no training image can be read");
      }
      tensors.put(PIXELS, pixels.narrow(0, 0, records.size()));
    }
  }

  private void add(ImageBatch batch, Tensor pixels) {
    try (PointerScope scope = new PointerScope()) {
      long side = batch.resolution();
      long[] shape = {batch.count(), batch.channels(), side, side};
      Tensor floats = torch.from_blob(batch.pixels(), shape, Tensors.float32());
      Tensor bytes = floats.mul(new Scalar(WHITE)).round_().clamp_(zero(), white());
      pixels.narrow(0, records.size(), batch.count()).copy_(bytes);
      records.addAll(batch.records());
    }
  }

  private static ScalarOptional zero() {
    return new ScalarOptional(new Scalar(0));
  }

  private static ScalarOptional white() {
    return new ScalarOptional(new Scalar(WHITE));
  }

  private static List<Double> same(double value, int count) {
    return Collections.nCopies(count, value);
  }

  /** Bytes b become {@code (b / 255 - mean) / std}. */
  private void setNormalisation(Normalisation normalisation) {
    int channels = normalisation.mean().size();
    float[] scale = new float[channels];
    float[] shift = new float[channels];
    for (int c = 0; c < channels; c++) {
      scale[c] = (float) (1 / (WHITE * normalisation.std().get(c)));
      shift[c] = (float) (-normalisation.mean().get(c) / normalisation.std().get(c));
    }
    try (PointerScope scope = new PointerScope()) {
      tensors.put(SCALE, placement.place(Tensors.of(scale, 1, channels, 1, 1)));
      tensors.put(SHIFT, placement.place(Tensors.of(shift, 1, channels, 1, 1)));
    }
  }

  /** The images that could be read, in the order of the data set. */
  List<ImageRecord> records() {
    return records;
  }

  /** Those that could not. */
  LeftOut leftOut() {
    return new LeftOut(leftOut);
  }

  /**
   * Some images as a network takes them, (rows, C, H, W) float32, where the run computes, in the
   * caller's scope.
   */
  Tensor batch(int[] rows) {
    Tensor bytes = tensors.get(PIXELS).index_select(0, Tensors.indices(rows));
    // Bytes are uploaded, not floats.
    return placement
        .place(bytes)
        .to(torch.ScalarType.Float)
        .mul_(tensors.get(SCALE))
        .add_(tensors.get(SHIFT));
  }

  /** The labels of some images, (rows) int64, likewise. */
  Tensor labels(int[] rows) {
    long[] labels = new long[rows.length];
    for (int i = 0; i < rows.length; i++) {
      labels[i] = records.get(rows[i]).classIndex();
    }
    return placement.place(Tensors.of(labels, labels.length));
  }

  /** An image for the eyes. */
  RawImage picture(int row) {
    try (PointerScope scope = new PointerScope()) {
      Tensor image = tensors.get(PIXELS).select(0, row).permute(1, 2, 0).contiguous();
      byte[] bytes = new byte[Math.toIntExact(image.numel())];
      image.data_ptr_byte().get(bytes);
      int channels = (int) image.size(2);
      return new RawImage((int) image.size(1), (int) image.size(0), channels, bytes);
    }
  }

  @Override
  public void close() {
    tensors.close();
  }
}
