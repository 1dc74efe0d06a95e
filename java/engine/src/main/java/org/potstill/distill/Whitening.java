package org.potstill.distill;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.T_TensorTensor_T;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.potstill.config.DataConfig;
import org.potstill.data.Dataset;
import org.potstill.data.ImageBatch;
import org.potstill.data.ImageLoader;
import org.potstill.data.ImageTransform;
import org.potstill.data.ImageTransforms;
import org.potstill.data.TrainingIdentity;
import org.potstill.errors.InputException;
import org.potstill.run.CancellationToken;
import org.potstill.run.Checksums;
import org.potstill.run.Fingerprint;
import org.potstill.run.RunContext;
import org.potstill.run.RunDirectory;
import org.potstill.tensor.NamedTensors;
import org.potstill.tensor.Tensors;
import org.potstill.weights.Safetensors;

/**
 * ZCA whitening of a data set ({@code data.whitening}): what networks see of an image, real or
 * synthetic. Files keep images that are not whitened, so that everybody can read them.
 *
 * <p>With the pixels {@code p} from 0 to 1 of a training image as a vector, their mean {@code m}
 * and covariance {@code U diag(l) U^T} (divided by the number of images less one), the whitened
 * image is {@code U diag((l + 0.1)^-1/2) U^T (p - m)}, as in the code of trajectory matching
 * (Cazenavette et al. 2022). The constant leaves directions in which images hardly differ, noise
 * for the most part, as small as they are.
 *
 * <p>In host memory; owns its tensors. Safe for use by several threads.
 */
public final class Whitening implements AutoCloseable {

  private static final double EPSILON = 0.1;

  /** Values of an image for which the matrix takes no more than 0.6 GB: 64 x 64 pixels, 3 each. */
  private static final int MOST_VALUES = 3 * 64 * 64;

  private static final int AT_ONCE = 1024;
  private static final String FINGERPRINT = "fingerprint";
  private static final String LEFT_OUT = "left-out";
  private static final String MEAN = "mean";
  private static final String THERE = "whiten";
  private static final String BACK = "restore";
  private static final String ROOTS = "roots";
  private static final String VECTORS = "vectors";

  private final NamedTensors tensors;

  /**
   * A whitening.
   *
   * @param tensors in terms of normalised images: mean (D), the matrices that are multiplied with
   *     from the right there and back, (D, D); empty for none
   */
  private Whitening(NamedTensors tensors) {
    this.tensors = tensors;
  }

  /**
   * Checks that images of the data set are small enough for what the configuration asks for.
   *
   * @throws InputException where they are not
   */
  public static void requireFit(DataConfig config, Dataset data) {
    long values = (long) data.channels() * data.resolution() * data.resolution();
    if (config.whitening() != DataConfig.Whitening.NONE && values > MOST_VALUES) {
      throw new InputException(
          "data.whitening: zca is for images of up to "
              + MOST_VALUES
              + " values (64 x 64 pixels in colour), and those of the data set have "
              + values
              + "; lower data.resolution, or set data.whitening to none");
    }
  }

  /**
   * The whitening of a run: that in the run directory, else computed from all training images and
   * kept there.
   *
   * @param stage name of the stage that asks, for progress
   * @return the caller closes it
   * @throws InputException where images are too large, or one cannot be read and is not skipped
   */
  public static Whitening of(DataConfig config, Dataset data, RunContext context, String stage) {
    if (config.whitening() == DataConfig.Whitening.NONE) {
      return new Whitening(new NamedTensors());
    }
    requireFit(config, data);
    return file(config, data, context, damage -> context.listener().warning(stage, damage))
        .map(file -> new Whitening(file.readAll()))
        .orElseGet(() -> computed(config, data, context, stage));
  }

  /**
   * Which training images the whitening of a run was computed without, as one text; so that images
   * need not be whitened to know which whitening it is.
   *
   * @param unreadable ids of those that cannot be read now, asked where it is yet to be computed
   * @return empty where nothing is whitened
   */
  public static Optional<String> without(
      DataConfig config, Dataset data, RunContext context, Supplier<SortedSet<String>> unreadable) {
    return config.whitening() == DataConfig.Whitening.NONE
        ? Optional.empty()
        : file(config, data, context, damage -> {})
            .map(file -> file.metadata().getOrDefault(LEFT_OUT, ""))
            .or(() -> Optional.of(String.join("\n", unreadable.get())));
  }

  private static String fingerprint(DataConfig config, Dataset data, RunContext context) {
    Fingerprint fingerprint =
        Fingerprint.of(
            Map.of(
                "data set",
                TrainingIdentity.of(data, context.directory().stages()),
                "resize",
                config.resize().toString()));
    // In terms of it; and what it is depends on which images can be read.
    return config.onBadImage() == DataConfig.OnBadImage.SKIP
        ? fingerprint.with("normalisation", data.normalisation().toString()).hash()
        : fingerprint.hash();
  }

  private static Whitening computed(
      DataConfig config, Dataset data, RunContext context, String stage) {
    SortedSet<String> leftOut = new TreeSet<>();
    Whitening computed = new Whitening(compute(config, data, context, stage, leftOut));
    computed.keep(
        context.directory(),
        Map.of(
            FINGERPRINT, fingerprint(config, data, context), LEFT_OUT, String.join("\n", leftOut)));
    return computed;
  }

  /** Closed where it cannot be written. */
  private void keep(RunDirectory directory, Map<String, String> metadata) {
    try {
      Checksums.write(
          directory.resolve(RunDirectory.WHITENING),
          part -> Safetensors.write(part, tensors, metadata));
    } catch (RuntimeException | Error e) {
      close();
      throw e;
    }
  }

  /** Empty where there is none, none of this data set, or a damaged one. */
  private static Optional<Safetensors> file(
      DataConfig config, Dataset data, RunContext context, Consumer<String> warn) {
    Path kept = context.directory().resolve(RunDirectory.WHITENING);
    if (!Files.exists(kept) || !Checksums.has(kept)) {
      return Optional.empty();
    }
    String damage = Checksums.damage(kept);
    if (!damage.isEmpty()) {
      warn.accept(damage + "; it is made anew");
      return Optional.empty();
    }
    Safetensors file = Safetensors.open(kept);
    return fingerprint(config, data, context).equals(file.metadata().get(FINGERPRINT))
        ? Optional.of(file)
        : Optional.empty();
  }

  private static NamedTensors compute(
      DataConfig config,
      Dataset data,
      RunContext context,
      String stage,
      SortedSet<String> leftOut) {
    ImageTransform transform =
        ImageTransforms.distill(data.normalisation(), data.resolution(), config.resize());
    int plane = data.resolution() * data.resolution();
    try (ImageMoments moments = new ImageMoments(data.channels() * plane);
        PointerScope scope = new PointerScope()) {
      try (ImageLoader loader =
          ImageLoader.of(data, transform)
              .records(data.training())
              .threads(context.threads())
              .batch(AT_ONCE)
              // A stage that works with the image itself lists it.
              .onBadImage(config.onBadImage(), (image, reason) -> leftOut.add(image.id()))
              .start()) {
        while (loader.hasNext()) {
          context.cancellation().throwIfCancelled();
          try (ImageBatch batch = loader.next()) {
            moments.add(batch.pixels(), batch.count());
          }
          context
              .listener()
              .progress(stage, "whitening", moments.count(), data.training().size(), "images");
        }
      }
      context
          .listener()
          .note(stage, "computing the whitening of " + data.channels() * plane + " values");
      return matrices(moments, scales(data.normalisation().std(), plane), context.cancellation());
    }
  }

  /** What a normalised value is multiplied with to be a pixel less the mean, (D, 1) float64. */
  private static Tensor scales(List<Double> std, int plane) {
    float[] all = new float[std.size() * plane];
    for (int i = 0; i < all.length; i++) {
      all[i] = std.get(i / plane).floatValue();
    }
    return Tensors.of(all, all.length, 1).to(torch.ScalarType.Double);
  }

  /**
   * The mean and the matrices. They are large: whatever is not needed any more is let go at once.
   *
   * @param moments of the normalised images
   * @param scales from normalised values to pixels, (D, 1) float64
   */
  private static NamedTensors matrices(
      ImageMoments moments, Tensor scales, CancellationToken cancellation) {
    NamedTensors tensors = new NamedTensors();
    try (NamedTensors eigen = new NamedTensors()) {
      try (PointerScope scope = new PointerScope()) {
        tensors.put(MEAN, moments.mean().to(torch.ScalarType.Float));
        Tensor ofPixels = moments.takeCovariance().mul_(scales).mul_(scales.t());
        cancellation.throwIfCancelled();
        T_TensorTensor_T both = torch.linalg_eigh(ofPixels);
        // Rounding leaves some a little below 0.
        eigen.put(ROOTS, both.get0().clamp_min(new Scalar(0.0)).add_(new Scalar(EPSILON)).sqrt_());
        eigen.put(VECTORS, both.get1().detach());
      }
      cancellation.throwIfCancelled();
      try (PointerScope scope = new PointerScope()) {
        Tensor vectors = eigen.get(VECTORS);
        Tensor there = vectors.div(eigen.get(ROOTS)).matmul(vectors.t()).mul_(scales);
        tensors.put(THERE, there.to(torch.ScalarType.Float));
      }
      cancellation.throwIfCancelled();
      try (PointerScope scope = new PointerScope()) {
        Tensor vectors = eigen.get(VECTORS);
        Tensor back = vectors.mul(eigen.get(ROOTS)).matmul(vectors.t()).div_(scales.t());
        tensors.put(BACK, back.to(torch.ScalarType.Float));
      }
      return tensors;
    } catch (RuntimeException | Error e) {
      tensors.close();
      throw e;
    }
  }

  private boolean isNone() {
    return tensors.size() == 0;
  }

  /**
   * Whitens images in place; nothing happens where nothing is to be whitened.
   *
   * @param images (N, C, H, W) float32, normalised, contiguous in host memory, of the caller's own
   */
  public void apply(Tensor images) {
    if (isNone()) {
      return;
    }
    for (long from = 0; from < images.size(0); from += AT_ONCE) {
      long some = Math.min(AT_ONCE, images.size(0) - from);
      try (PointerScope scope = new PointerScope()) {
        Tensor part = rows(images.narrow(0, from, some));
        part.copy_(part.sub(tensors.get(MEAN)).matmul(tensors.get(THERE)));
      }
    }
  }

  /**
   * Images from whitened ones, in the caller's scope; in host memory where anything is whitened.
   *
   * @param images (N, C, H, W) float32, whitened, wherever they lie
   * @return normalised
   */
  public Tensor restore(Tensor images) {
    if (isNone()) {
      return new Tensor(images);
    }
    return rows(images.cpu().contiguous())
        .matmul(tensors.get(BACK))
        .add(tensors.get(MEAN))
        .view(Tensors.shape(images));
  }

  private static Tensor rows(Tensor images) {
    return images.view(images.size(0), images.numel() / images.size(0));
  }

  @Override
  public void close() {
    tensors.close();
  }
}
