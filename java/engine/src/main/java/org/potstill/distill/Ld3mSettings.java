package org.potstill.distill;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.potstill.config.Config;
import org.potstill.config.DiffusionConfig;
import org.potstill.config.PriorConfig;
import org.potstill.data.Dataset;
import org.potstill.errors.InputException;

/**
 * What a diffusion model's images depend on besides latents and normalisation.
 *
 * @param init what it was trained on
 * @param weights its file; null where it is random
 * @param sha256 of that file; empty where it is random
 * @param seed of the noise, and of the weights of a random one
 * @param unetChannels of a random one
 * @param firstStageChannels of a random one
 * @param lastLayers of the blocks of a random one
 * @param channels of the images
 * @param resolution of the images
 * @param steps of DDIM
 * @param guidance scale of what the condition changes
 * @param chunk images that go through it at a time
 */
record Ld3mSettings(
    PriorConfig.Init init,
    Path weights,
    String sha256,
    long seed,
    int unetChannels,
    int firstStageChannels,
    DiffusionConfig.LastLayers lastLayers,
    int channels,
    int resolution,
    int steps,
    double guidance,
    int chunk) {

  /** Those of a run that begins. */
  static Ld3mSettings of(Config config, Dataset data, long seed) {
    PriorConfig prior = config.distill().prior();
    DiffusionConfig diffusion = prior.diffusion();
    return new Ld3mSettings(
        prior.init(),
        prior.weights(),
        prior.weights() == null ? "" : PriorWeights.sha256(prior.weights()),
        seed,
        diffusion.unetChannels(),
        diffusion.firstStageChannels(),
        diffusion.lastLayers(),
        data.channels(),
        data.resolution(),
        diffusion.steps(),
        diffusion.guidance(),
        prior.chunk());
  }

  /** Whether the weights are drawn. */
  boolean isRandom() {
    return init == PriorConfig.Init.RANDOM;
  }

  /** The same with another chunk. */
  Ld3mSettings withChunk(int images) {
    return new Ld3mSettings(
        init,
        weights,
        sha256,
        seed,
        unetChannels,
        firstStageChannels,
        lastLayers,
        channels,
        resolution,
        steps,
        guidance,
        images);
  }

  /** As texts by name. */
  Map<String, String> texts() {
    Map<String, String> texts = new LinkedHashMap<>();
    texts.put("generator", "latent-diffusion");
    texts.put("init", init.name().toLowerCase(Locale.ROOT));
    texts.put(LatentsFile.WEIGHTS, weights == null ? "" : weights.toString());
    texts.put("weights-sha256", sha256);
    texts.put("seed", Long.toString(seed));
    texts.put("unet-channels", Integer.toString(unetChannels));
    texts.put("first-stage-channels", Integer.toString(firstStageChannels));
    texts.put("last-layers", lastLayers.name().toLowerCase(Locale.ROOT));
    texts.put("channels", Integer.toString(channels));
    texts.put("resolution", Integer.toString(resolution));
    texts.put("steps", Integer.toString(steps));
    texts.put("guidance", Double.toString(guidance));
    texts.put("chunk", Integer.toString(chunk));
    return texts;
  }

  /**
   * Those that were kept as texts.
   *
   * @throws InputException where one is missing or not what it should be
   */
  static Ld3mSettings of(Path file, Map<String, String> texts) {
    try {
      String weights = texts.get(LatentsFile.WEIGHTS);
      return new Ld3mSettings(
          PriorConfig.Init.valueOf(texts.get("init").toUpperCase(Locale.ROOT)),
          weights.isEmpty() ? null : Path.of(weights),
          texts.get("weights-sha256"),
          Long.parseLong(texts.get("seed")),
          Integer.parseInt(texts.get("unet-channels")),
          Integer.parseInt(texts.get("first-stage-channels")),
          DiffusionConfig.LastLayers.valueOf(texts.get("last-layers").toUpperCase(Locale.ROOT)),
          Integer.parseInt(texts.get("channels")),
          Integer.parseInt(texts.get("resolution")),
          Integer.parseInt(texts.get("steps")),
          Double.parseDouble(texts.get("guidance")),
          Integer.parseInt(texts.get("chunk")));
    } catch (NullPointerException | IllegalArgumentException e) {
      throw new InputException(
          file + ": its metadata does not tell how the images are made: " + texts, e);
    }
  }
}
