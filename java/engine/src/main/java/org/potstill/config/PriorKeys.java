package org.potstill.config;

import static org.potstill.config.Key.computed;
import static org.potstill.config.Key.fixed;

import java.util.List;
import org.potstill.config.Numbers.Real;
import org.potstill.config.Numbers.Whole;
import org.potstill.config.Places.Location;
import org.potstill.config.Words.Choice;

/** Keys of the generators that span latent spaces. */
final class PriorKeys {

  private static final Whole COUNT = new Whole(1, Integer.MAX_VALUE);

  private PriorKeys() {}

  /** Section {@code distill.prior}. */
  static List<Key> all() {
    return List.of(
        computed(
            "distill.prior.init",
            Choice.of(PriorConfig.Init.class),
            PaperDefaults::priorInit,
            "imagenet with a file of weights, else random",
            "What the generator was trained on; random draws one from the seed (glad, ld3m)."),
        fixed(
            "distill.prior.weights",
            new Location("a file (.pkl, .ckpt or .safetensors)", "none"),
            null,
            "File of the generator's weights; none where it is random."),
        computed(
            "distill.prior.layer",
            new Whole(0, 1000),
            PaperDefaults::priorLayer,
            "dc 16, dm 20 (14 where init is random), mtt 5",
            "Layer that the distilled feature map goes into, counted from 0 (glad)."),
        computed(
            "distill.prior.learning-rate-w",
            new Real(0, false, Numbers.LARGEST, false),
            PaperDefaults::learningRateW,
            "dc 0.001, dm 0.01, mtt 10",
            "Learning rate of the codes; 0 keeps them fixed (glad)."),
        fixed(
            "distill.prior.codes",
            Choice.of(PriorConfig.Codes.class),
            "drawn",
            "What codes start from: a random latent each, or the mean over 1000 (glad)."),
        fixed(
            "distill.prior.normalisation",
            Choice.of(PriorConfig.Normalised.class),
            "data",
            "What generated images are normalised with: the constants of the data, or the published ones."),
        fixed(
            "distill.prior.chunk",
            COUNT,
            10L,
            "Images that go through the generator at a time; fewer where memory is short."),
        fixed(
            "distill.prior.channel-base",
            COUNT,
            32_768L,
            "Size of a random generator: channels at frequency 1/2 (glad)."),
        fixed(
            "distill.prior.channel-max",
            COUNT,
            512L,
            "Size of a random generator: most channels of a layer (glad)."),
        fixed("distill.prior.diffusion.steps", new Whole(1, 1000), 10L, "Steps of DDIM."),
        fixed(
            "distill.prior.diffusion.guidance",
            new Real(0, false, Numbers.LARGEST, false),
            3.0,
            "Scale of the guidance by the class, where the model has classes; 1 for none."),
        fixed(
            "distill.prior.diffusion.encoder-input",
            Choice.of(DiffusionConfig.EncoderInput.class),
            "normalised",
            "How the encoder gets real images: normalised (as published), or from -1 to 1 (symmetric)."),
        fixed(
            "distill.prior.diffusion.unet-channels",
            new Whole(32, 4096),
            224L,
            "Size of a random UNet: channels of its largest maps, a multiple of 32."),
        fixed(
            "distill.prior.diffusion.first-stage-channels",
            new Whole(32, 4096),
            128L,
            "Size of a random first stage: channels of its largest maps, a multiple of 32."),
        fixed(
            "distill.prior.diffusion.last-layers",
            Choice.of(DiffusionConfig.LastLayers.class),
            "drawn",
            "Last layers of a random UNet's blocks: drawn, or zero as at the start of its training."));
  }
}
