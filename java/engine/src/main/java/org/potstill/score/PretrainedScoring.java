package org.potstill.score;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.potstill.config.Config;
import org.potstill.data.Dataset;
import org.potstill.data.ImageBatch;
import org.potstill.data.ImageLoader;
import org.potstill.data.ImageRecord;
import org.potstill.data.ImageTransform;
import org.potstill.data.ImageTransforms;
import org.potstill.data.Normalisation;
import org.potstill.data.RawImage;
import org.potstill.errors.RunFailedException;
import org.potstill.kernels.Kernels;
import org.potstill.net.ScorerResNet18;
import org.potstill.run.RunContext;
import org.potstill.tensor.NamedTensors;
import org.potstill.tensor.Tensors;
import org.potstill.weights.StateLoader;

/** Scores the training images by pretrained weights while the next ones are decoded. */
final class PretrainedScoring {

  private static final int CHANNELS = 3;
  private static final int OUTPUTS = 1000;

  private final Config config;
  private final Dataset data;
  private final RunContext context;
  private final Kernels kernels;

  PretrainedScoring(Config config, Dataset data, RunContext context, Kernels kernels) {
    this.config = config;
    this.data = data;
    this.context = context;
    this.kernels = kernels;
  }

  /**
   * Scores.
   *
   * @param writer writes what was found
   * @throws org.potstill.errors.InputException where the weights are damaged or of another network,
   *     a class has no output, or an image cannot be read and may not be left out
   */
  Scores run(Function<Scored, Scores> writer) {
    long[] outputs = ClassOutputs.of(data, config.data().classIndex(), OUTPUTS);
    Path weights = config.score().weights();
    try (NamedTensors state = StateLoader.load(weights, ScorerResNet18.of(CHANNELS, OUTPUTS));
        BatchScorer scorer = new BatchScorer(state, CHANNELS, OUTPUTS, kernels)) {
      return writer.apply(score(scorer, outputs));
    }
  }

  private Scored score(BatchScorer scorer, long[] outputs) {
    ImageTransform transform =
        ImageTransforms.scorer(Normalisation.IMAGENET, config.score().resolution());
    Map<String, RawImage> pictures = new ConcurrentHashMap<>();
    Map<String, String> leftOut = new LinkedHashMap<>();
    List<Scores.Entry> entries = new ArrayList<>();
    Gallery gallery = new Gallery(outputs.length);
    int total = data.training().size();
    try (ImageLoader loader =
        ImageLoader.of(data, transform)
            .batch(config.score().batch())
            .threads(context.threads())
            .onBadImage(
                config.data().onBadImage(), (image, reason) -> leftOut.put(image.id(), reason))
            .onDecoded((image, decoded) -> pictures.put(image.id(), Thumbnail.of(decoded)))
            .start()) {
      while (loader.hasNext()) {
        context.cancellation().throwIfCancelled();
        try (ImageBatch batch = loader.next()) {
          float[] losses = losses(scorer, batch, outputs);
          for (int i = 0; i < losses.length; i++) {
            ImageRecord image = batch.records().get(i);
            requireFinite(image, losses[i]);
            RawImage picture = pictures.remove(image.id());
            gallery.offer(entries.size(), image.id(), image.classIndex(), losses[i], () -> picture);
            String key = data.classKeys().get(image.classIndex());
            entries.add(new Scores.Entry(image.id(), key, losses[i]));
          }
        }
        long done = entries.size() + (long) leftOut.size();
        context.listener().progress(ScoreStage.NAME, "scoring", done, total, "images");
      }
    }
    return new Scored(new Scores(entries), new LeftOut(leftOut), gallery);
  }

  private static float[] losses(BatchScorer scorer, ImageBatch batch, long[] outputs) {
    long side = batch.resolution();
    long[] shape = {batch.count(), batch.channels(), side, side};
    long[] labels =
        batch.records().stream().mapToLong(image -> outputs[image.classIndex()]).toArray();
    try (PointerScope scope = new PointerScope()) {
      Tensor images = torch.from_blob(batch.pixels(), shape, Tensors.float32());
      return scorer.losses(images, labels);
    }
  }

  private static void requireFinite(ImageRecord image, float loss) {
    if (!Float.isFinite(loss)) {
      throw new RunFailedException(
          "the loss of image '" + image.id() + "' is " + loss + "; the weights are of no use");
    }
  }
}
