package org.potstill.distill;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.potstill.config.Config;
import org.potstill.config.PriorConfig;
import org.potstill.data.Dataset;
import org.potstill.errors.InputException;

/**
 * What a StyleGAN generator's images depend on besides latents and normalisation.
 *
 * @param init what it was trained on
 * @param weights its file; null where it is random
 * @param sha256 of that file; empty where it is random
 * @param seed of the weights of a random one
 * @param channelBase of a random one
 * @param channelMax of a random one
 * @param channels of the images
 * @param resolution of the images
 * @param layer that the feature map goes into
 * @param chunk images that go through it at a time
 */
record GladSettings(
    PriorConfig.Init init,
    Path weights,
    String sha256,
    long seed,
    int channelBase,
    int channelMax,
    int channels,
    int resolution,
    int layer,
    int chunk) {

  /** Those of a run that begins. */
  static GladSettings of(Config config, Dataset data, long seed) {
    PriorConfig prior = config.distill().prior();
    return new GladSettings(
        prior.init(),
        prior.weights(),
        prior.weights() == null ? "" : PriorWeights.sha256(prior.weights()),
        seed,
        prior.channelBase(),
        prior.channelMax(),
        data.channels(),
        data.resolution(),
        prior.layer(),
        prior.chunk());
  }

  /** Whether the weights are drawn. */
  boolean isRandom() {
    return init == PriorConfig.Init.RANDOM;
  }

  /** The same with another chunk. */
  GladSettings withChunk(int images) {
    return new GladSettings(
        init, weights, sha256, seed, channelBase, channelMax, channels, resolution, layer, images);
  }

  /** As texts by name. */
  Map<String, String> texts() {
    Map<String, String> texts = new LinkedHashMap<>();
    texts.put("generator", "stylegan-xl");
    texts.put("init", init.name().toLowerCase(Locale.ROOT));
    texts.put(LatentsFile.WEIGHTS, weights == null ? "" : weights.toString());
    texts.put("weights-sha256", sha256);
    texts.put("seed", Long.toString(seed));
    texts.put("channel-base", Integer.toString(channelBase));
    texts.put("channel-max", Integer.toString(channelMax));
    texts.put("channels", Integer.toString(channels));
    texts.put("resolution", Integer.toString(resolution));
    texts.put("layer", Integer.toString(layer));
    texts.put("chunk", Integer.toString(chunk));
    return texts;
  }

  /**
   * Those that were kept as texts.
   *
   * @throws InputException where one is missing or not what it should be
   */
  static GladSettings of(Path file, Map<String, String> texts) {
    try {
      String weights = texts.get(LatentsFile.WEIGHTS);
      return new GladSettings(
          PriorConfig.Init.valueOf(texts.get("init").toUpperCase(Locale.ROOT)),
          weights.isEmpty() ? null : Path.of(weights),
          texts.get("weights-sha256"),
          Long.parseLong(texts.get("seed")),
          Integer.parseInt(texts.get("channel-base")),
          Integer.parseInt(texts.get("channel-max")),
          Integer.parseInt(texts.get("channels")),
          Integer.parseInt(texts.get("resolution")),
          Integer.parseInt(texts.get("layer")),
          Integer.parseInt(texts.get("chunk")));
    } catch (NullPointerException | IllegalArgumentException e) {
      throw new InputException(
          file + ": its metadata does not tell how the images are made: " + texts, e);
    }
  }
}
