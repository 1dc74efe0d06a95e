package org.potstill.score;

import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.function.Supplier;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.potstill.config.Config;
import org.potstill.data.BadImageException;
import org.potstill.data.Dataset;
import org.potstill.data.ImageBatch;
import org.potstill.data.ImageLoader;
import org.potstill.data.ImageRecord;
import org.potstill.data.ImageTransform;
import org.potstill.data.ImageTransforms;
import org.potstill.data.Normalisation;
import org.potstill.data.RawImage;
import org.potstill.data.TrainingIdentity;
import org.potstill.errors.InputException;
import org.potstill.errors.RunFailedException;
import org.potstill.kernels.Kernels;
import org.potstill.net.Network;
import org.potstill.net.ScorerResNet18;
import org.potstill.run.FileHashes;
import org.potstill.run.Fingerprint;
import org.potstill.run.RunContext;
import org.potstill.tensor.NamedTensors;
import org.potstill.tensor.Placement;
import org.potstill.tensor.Tensors;
import org.potstill.weights.StateLoader;

/** Scores the training images by pretrained weights while the next ones are decoded. */
final class PretrainedScoring {

  private static final int CHANNELS = 3;
  private static final int OUTPUTS = 1000;
  private static final long NANOS_BETWEEN_CHECKPOINTS = 30_000_000_000L;

  private final Config config;
  private final Dataset data;
  private final RunContext context;
  private final Kernels kernels;
  private final int ahead;

  PretrainedScoring(Config config, Dataset data, RunContext context, Kernels kernels) {
    // While a GPU computes, the host hands it the next batch.
    this(config, data, context, kernels, Placement.of(context.device()).isCpu() ? 0 : 1);
  }

  /**
   * A scoring.
   *
   * @param ahead batches that may be on their way while the next one is begun
   */
  PretrainedScoring(Config config, Dataset data, RunContext context, Kernels kernels, int ahead) {
    this.ahead = ahead;
    this.config = config;
    this.data = data;
    this.context = context;
    this.kernels = kernels;
  }

  /**
   * Scores, from the newest checkpoint where there is one; the last one is left.
   *
   * @param writer writes what was found
   * @throws org.potstill.errors.InputException where the weights are damaged, of another network or
   *     not those that it began with, a class has no output, or an image cannot be read and may not
   *     be left out
   * @throws org.potstill.errors.RunCancelledException where the run was asked to stop; it goes on
   *     from there
   */
  Scores run(Function<Scored, Scores> writer) {
    long[] outputs = outputs(config, data);
    Path weights = config.score().weights();
    try (NamedTensors state = StateLoader.load(weights, network());
        BatchScorer scorer =
            new BatchScorer(
                state,
                CHANNELS,
                OUTPUTS,
                ScoreStage.precision(config, context),
                kernels,
                Placement.of(context.device()))) {
      ScoringCheckpoint checkpoint =
          new ScoringCheckpoint(
              context.directory().checkpoints(ScoreStage.NAME),
              hash(weights, outputs, TrainingIdentity.of(data, context.directory().stages())),
              hash(weights, outputs, data.fingerprint()),
              FileHashes.of(weights));
      return writer.apply(score(scorer, outputs, checkpoint));
    }
  }

  /**
   * The output of every class.
   *
   * @throws InputException where one has none
   */
  static long[] outputs(Config config, Dataset data) {
    return ClassOutputs.of(data, config.data().classIndex(), OUTPUTS);
  }

  /**
   * Checks that a file holds the network that scores, as far as names and shapes tell.
   *
   * @throws InputException where it does not
   */
  static void requireNetwork(Path weights) {
    StateLoader.requireFit(weights, network());
  }

  private static Network network() {
    return ScorerResNet18.of(CHANNELS, OUTPUTS);
  }

  /** Side length at which the images are scored. */
  private int resolution() {
    int asked = config.score().resolution();
    return asked == 0 ? data.resolution() : asked;
  }

  /** All that the losses depend on, the composition of the batches included. */
  private String hash(Path weights, long[] outputs, String images) {
    Map<String, String> values = new LinkedHashMap<>();
    values.put("data set", images);
    values.put("weights", FileHashes.of(weights));
    values.put("outputs", Arrays.toString(outputs));
    values.put("resolution", Integer.toString(resolution()));
    values.put("batch", Integer.toString(config.score().batch()));
    values.put("precision", config.score().precision());
    values.putAll(ScoreStage.device(config, context));
    return Fingerprint.of(values).hash();
  }

  private Scored score(BatchScorer scorer, long[] outputs, ScoringCheckpoint checkpoint) {
    Found found =
        new Found(
            checkpoint.restore(message -> context.listener().warning(ScoreStage.NAME, message)));
    if (found.done < found.images.size()) {
      scoreRest(scorer, outputs, found, checkpoint);
    }
    return found.scored();
  }

  private void scoreRest(
      BatchScorer scorer, long[] outputs, Found found, ScoringCheckpoint checkpoint) {
    int batch = config.score().batch();
    int total = found.images.size();
    ImageTransform transform = ImageTransforms.scorer(Normalisation.IMAGENET, resolution());
    try (ImageLoader loader =
            ImageLoader.of(data, transform)
                .records(found.images.subList(found.done, total))
                .batch(batch)
                .threads(context.threads())
                .onBadImage(
                    config.data().onBadImage(),
                    (image, reason) -> found.leftOut.put(image.id(), reason))
                .onDecoded(
                    (image, decoded) -> found.pictures.put(image.id(), Thumbnail.of(decoded)))
                .start();
        Begun begun = new Begun(scorer, outputs)) {
      long saved = System.nanoTime();
      while (loader.hasNext() || begun.waits()) {
        begun.take(loader);
        begun.finish(found, batch, ahead > 0 && loader.hasNext() ? ahead : 0);
        context.listener().progress(ScoreStage.NAME, "scoring", found.done, total, "images");
        boolean cancelled = context.cancellation().isCancelled();
        if (cancelled || System.nanoTime() - saved > NANOS_BETWEEN_CHECKPOINTS) {
          checkpoint.save(found.position());
          saved = System.nanoTime();
        }
        context.cancellation().throwIfCancelled();
      }
    }
  }

  /** The losses so far, in the order of the data set, and the pictures worth showing. */
  private final class Found {

    final List<ImageRecord> images = data.training();
    final Map<String, String> leftOut;
    final Map<String, RawImage> pictures = new ConcurrentHashMap<>();
    final Gallery gallery = new Gallery(data.classKeys().size());
    final float[] losses = new float[images.size()];
    int done;

    Found(ScoringCheckpoint.Position start) {
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

    /**
     * Adds a batch.
     *
     * @param batch images per batch, those that were left out included
     */
    void add(List<ImageRecord> records, float[] found, int batch) {
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

    private void take(int index, float loss, Supplier<RawImage> picture) {
      ImageRecord image = images.get(index);
      losses[index] = loss;
      gallery.offer(index, image.id(), image.classIndex(), loss, picture);
    }

    private RawImage decodedAgain(ImageRecord image) {
      try {
        return Thumbnail.of(data.read(image));
      } catch (BadImageException e) {
        throw new InputException(
            "image '" + image.id() + "' can no longer be read: " + e.getMessage(), e);
      }
    }

    ScoringCheckpoint.Position position() {
      return new ScoringCheckpoint.Position(Arrays.copyOf(losses, done), leftOut);
    }

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

  /** The images of a batch, (N, C, H, W), over its memory. */
  private static Tensor images(ImageBatch batch) {
    long side = batch.resolution();
    long[] shape = {batch.count(), batch.channels(), side, side};
    return torch.from_blob(batch.pixels(), shape, Tensors.float32());
  }

  /** Batches that the scorer has begun, in order. */
  private static final class Begun implements AutoCloseable {

    private record One(List<ImageRecord> records, BatchScorer.Pending losses) {}

    private final BatchScorer scorer;
    private final long[] outputs;
    private final Deque<One> waiting = new ArrayDeque<>();

    Begun(BatchScorer scorer, long[] outputs) {
      this.scorer = scorer;
      this.outputs = outputs;
    }

    boolean waits() {
      return !waiting.isEmpty();
    }

    /** Begins the next batch where there is one. */
    void take(ImageLoader loader) {
      if (loader.hasNext()) {
        try (ImageBatch next = loader.next()) {
          waiting.addLast(new One(next.records(), start(next)));
        }
      }
    }

    private BatchScorer.Pending start(ImageBatch batch) {
      long[] labels =
          batch.records().stream().mapToLong(image -> outputs[image.classIndex()]).toArray();
      try (PointerScope scope = new PointerScope()) {
        Tensor images = images(batch);
        return scorer.start((from, to) -> images.narrow(0, from, to - from), labels);
      }
    }

    /** Adds what was begun first to {@code found}, until no more than {@code left} wait. */
    void finish(Found found, int batch, int left) {
      while (waiting.size() > left) {
        One first = waiting.removeFirst();
        try (BatchScorer.Pending losses = first.losses()) {
          found.add(first.records(), losses.losses(), batch);
        }
      }
    }

    @Override
    public void close() {
      waiting.forEach(one -> one.losses().close());
    }
  }

  private static void requireFinite(ImageRecord image, float loss) {
    if (!Float.isFinite(loss)) {
      throw new RunFailedException(
          "the loss of image '" + image.id() + "' is " + loss + "; the weights are of no use");
    }
  }
}
