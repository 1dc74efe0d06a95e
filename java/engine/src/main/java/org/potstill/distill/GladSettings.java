package org.potstill.distill;

import java.nio.file.Path;
import java.util.Map;
import org.potstill.config.Config;
import org.potstill.config.PriorConfig;
import org.potstill.data.Dataset;
import org.potstill.errors.InputException;

/**
 * What a StyleGAN generator's images depend on besides latents and normalisation.
 *
 * @param use the generator and its images
 * @param channelBase of a random one
 * @param channelMax of a random one
 * @param layer that the feature map goes into
 */
record GladSettings(PriorUse use, int channelBase, int channelMax, int layer) {

  /** Those of a run that begins. */
  static GladSettings of(Config config, Dataset data, long seed) {
    return of(config, PriorUse.of(config, data, seed));
  }

  /** Those of a configuration and such a use. */
  static GladSettings of(Config config, PriorUse use) {
    PriorConfig prior = config.distill().prior();
    return new GladSettings(use, prior.channelBase(), prior.channelMax(), prior.layer());
  }

  /** The same with another chunk. */
  GladSettings withChunk(int images) {
    return new GladSettings(use.withChunk(images), channelBase, channelMax, layer);
  }

  /** As texts by name. */
  Map<String, String> texts() {
    Map<String, String> texts = use.texts("stylegan-xl");
    texts.put("channel-base", Integer.toString(channelBase));
    texts.put("channel-max", Integer.toString(channelMax));
    texts.put("layer", Integer.toString(layer));
    return texts;
  }

  /**
   * Those that were kept as texts.
   *
   * @throws InputException where one is missing or not what it should be
   */
  static GladSettings of(Path file, Map<String, String> texts) {
    return PriorUse.restore(
        file,
        texts,
        use ->
            new GladSettings(
                use,
                PriorUse.number(texts, "channel-base", 1),
                PriorUse.number(texts, "channel-max", 1),
                PriorUse.number(texts, "layer", 0)));
  }
}
