package org.potstill.distill;

import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import org.potstill.config.Config;
import org.potstill.config.DiffusionConfig;
import org.potstill.data.Dataset;
import org.potstill.errors.InputException;

/**
 * What a diffusion model's images depend on besides latents and normalisation.
 *
 * @param use the model and its images; its seed is also that of the noise
 * @param unetChannels of a random one
 * @param firstStageChannels of a random one
 * @param lastLayers of the blocks of a random one
 * @param steps of DDIM
 * @param guidance scale of what the condition changes
 */
record Ld3mSettings(
    PriorUse use,
    int unetChannels,
    int firstStageChannels,
    DiffusionConfig.LastLayers lastLayers,
    int steps,
    double guidance) {

  /** Those of a run that begins. */
  static Ld3mSettings of(Config config, Dataset data, long seed) {
    return of(config, PriorUse.of(config, data, seed));
  }

  /** Those of a configuration and such a use. */
  static Ld3mSettings of(Config config, PriorUse use) {
    DiffusionConfig diffusion = config.distill().prior().diffusion();
    return new Ld3mSettings(
        use,
        diffusion.unetChannels(),
        diffusion.firstStageChannels(),
        diffusion.lastLayers(),
        diffusion.steps(),
        diffusion.guidance());
  }

  /** The same with another chunk. */
  Ld3mSettings withChunk(int images) {
    return new Ld3mSettings(
        use.withChunk(images), unetChannels, firstStageChannels, lastLayers, steps, guidance);
  }

  /** As texts by name. */
  Map<String, String> texts() {
    Map<String, String> texts = use.texts("latent-diffusion");
    texts.put("unet-channels", Integer.toString(unetChannels));
    texts.put("first-stage-channels", Integer.toString(firstStageChannels));
    texts.put("last-layers", DistillStage.word(lastLayers));
    texts.put("steps", Integer.toString(steps));
    texts.put("guidance", Double.toString(guidance));
    return texts;
  }

  /**
   * Those that were kept as texts.
   *
   * @throws InputException where one is missing or not what it should be
   */
  static Ld3mSettings of(Path file, Map<String, String> texts) {
    return PriorUse.restore(
        file,
        texts,
        use ->
            new Ld3mSettings(
                use,
                PriorUse.number(texts, "unet-channels", 1),
                PriorUse.number(texts, "first-stage-channels", 1),
                DiffusionConfig.LastLayers.valueOf(
                    texts.get("last-layers").toUpperCase(Locale.ROOT)),
                PriorUse.number(texts, "steps", 1),
                Double.parseDouble(texts.get("guidance"))));
  }
}
