package org.potstill.distill;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.BiFunction;
import org.potstill.config.Config;
import org.potstill.config.DiffusionConfig;
import org.potstill.data.Dataset;
import org.potstill.errors.InputException;
import org.potstill.kernels.Kernels;
import org.potstill.prior.ldm.LatentDiffusion;
import org.potstill.prior.ldm.LatentSettings;
import org.potstill.random.Purpose;
import org.potstill.random.RandomStream;
import org.potstill.tensor.LibTorch;
import org.potstill.tensor.NamedTensors;
import org.potstill.weights.CheckpointReader;
import org.potstill.weights.StateLoader;

/** Reads or draws the weights of a latent diffusion model, and checks that it fits the run. */
final class Ld3mOpening {

  private static final String RANDOM = "the random diffusion model";
  private static final String MODEL = "a latent diffusion model of its size";

  private Ld3mOpening() {}

  /**
   * What {@code made} makes of the model and its weights, which it takes over; they are closed
   * where it fails.
   *
   * @param kernels quantise latents where they reach them
   * @throws InputException where the weights are missing or of something else, or the model does
   *     not make such images
   */
  static <T> T open(
      Ld3mSettings asked, Kernels kernels, BiFunction<LatentDiffusion, NamedTensors, T> made) {
    LibTorch.load();
    return asked.use().isRandom() ? drawn(asked, kernels, made) : read(asked, kernels, made);
  }

  private static <T> T drawn(
      Ld3mSettings asked, Kernels kernels, BiFunction<LatentDiffusion, NamedTensors, T> made) {
    LatentSettings settings = random(asked);
    requireFit(asked.use(), settings, RANDOM);
    LatentDiffusion model = new LatentDiffusion(settings).with(kernels);
    RandomStream random = RandomStream.of(asked.use().seed(), Purpose.PRIOR_INITIALISATION, 0, 0);
    boolean zero = asked.lastLayers() == DiffusionConfig.LastLayers.ZERO;
    return owning(model, model.initialise(random, zero), made);
  }

  /**
   * Checks what a configuration asks of its model, as far as names and shapes of the weights tell.
   *
   * @throws InputException where the file is of something else, or the model does not make such
   *     images or has no such classes
   */
  static void requireFit(Config config, Dataset data) {
    PriorUse use = PriorUse.asked(config, data);
    if (use.isRandom()) {
      requireFit(use, random(Ld3mSettings.of(config, use)), RANDOM);
      return;
    }
    String source = use.weights().toString();
    Map<String, List<Long>> shapes = CheckpointReader.shapes(use.weights());
    LatentDiffusion model = LatentDiffusion.of(shapes, source);
    requireFit(use, model.settings(), source);
    StateLoader.requireFit(shapes, model.state(), LatentDiffusion::passesOver, MODEL, source);
    if (model.conditional()) {
      PriorClasses.require(data, config.data().classIndex(), model.noClass());
    }
  }

  private static LatentSettings random(Ld3mSettings asked) {
    return LatentSettings.random(
        asked.use().channels(), asked.unetChannels(), asked.firstStageChannels());
  }

  private static <T> T read(
      Ld3mSettings asked, Kernels kernels, BiFunction<LatentDiffusion, NamedTensors, T> made) {
    String source = String.valueOf(asked.use().weights());
    try (NamedTensors found = PriorWeights.read(asked.use())) {
      LatentDiffusion model = LatentDiffusion.of(found, source).with(kernels);
      requireFit(asked.use(), model.settings(), source);
      NamedTensors weights =
          StateLoader.match(found, model.state(), LatentDiffusion::passesOver, MODEL, source);
      return owning(model, weights, made);
    }
  }

  private static <T> T owning(
      LatentDiffusion model,
      NamedTensors weights,
      BiFunction<LatentDiffusion, NamedTensors, T> made) {
    try {
      return made.apply(model, weights);
    } catch (RuntimeException e) {
      weights.close();
      throw e;
    }
  }

  private static void requireFit(PriorUse use, LatentSettings model, String source) {
    int factor = model.imageFactor();
    if (use.resolution() % factor != 0 || use.resolution() == 0) {
      int nearest = Math.max(1, Math.round((float) use.resolution() / factor)) * factor;
      throw new InputException(
          String.format(
              Locale.ROOT,
              "data.resolution: %s makes images whose sides are multiples of %d pixels, not of %d;"
                  + " the nearest is %d",
              source,
              factor,
              use.resolution(),
              nearest));
    }
    int channels = model.firstStage().imageChannels();
    if (channels != use.channels()) {
      throw new InputException(
          String.format(
              Locale.ROOT,
              "data.source: %s makes images of %d channels, but those of the data set have %d;"
                  + " distill.prior.init: random makes any",
              source,
              channels,
              use.channels()));
    }
    use.requireInit(source, model.unet().conditional());
  }
}
