package org.potstill.config;

import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

/**
 * Defaults that follow from the method, the space and the resolution: the settings of "Distill the
 * Best, Ignore the Rest" (Moser et al.) and of the code its authors published.
 */
final class PaperDefaults {

  private static final int SMALL = 64;
  private static final int MEDIUM = 128;
  private static final long PAPER_RESOLUTION = 128;
  private static final long SCORER_RESOLUTION = 224;

  private static final Map<String, Double> PIXEL_RATES = Map.of("dc", 1.0, "dm", 10.0, "mtt", 1e4);
  private static final Map<String, Double> LATENT_RATES = Map.of("dc", 0.1, "dm", 1.0, "mtt", 1e3);

  private static final Map<String, Double> CODE_RATES = Map.of("dc", 1e-3, "dm", 1e-2, "mtt", 10.0);

  /** "Dataset Condensation" (Zhao, Mopuri, Bilen 2021), by the least images per class. */
  private static final NavigableMap<Long, Loops> DC_LOOPS =
      new TreeMap<>(
          Map.of(
              1L, new Loops(1, 1),
              10L, new Loops(10, 50),
              20L, new Loops(20, 25),
              30L, new Loops(30, 20),
              40L, new Loops(40, 15),
              50L, new Loops(50, 10)));

  private PaperDefaults() {}

  /** Share of every class that is kept: 0.2 for distribution matching, else 0.6. */
  static Object keep(Settings settings) {
    if (settings.text("prune.mode").equals("none")) {
      return 1.0;
    }
    return settings.text("distill.method").equals("dm") ? 0.2 : 0.6;
  }

  /** Learning rate of pixels and GAN features, or of the latents of a diffusion model. */
  static Object learningRate(Settings settings) {
    return (isDiffusion(settings) ? LATENT_RATES : PIXEL_RATES)
        .get(settings.text("distill.method"));
  }

  /** Updates of the images per iteration: 1, or those of the DC paper's table. */
  static Object outerLoops(Settings settings) {
    return loops(settings).outer();
  }

  /** Epochs of the network between two of them: 1, or those of the DC paper's table. */
  static Object innerLoops(Settings settings) {
    return loops(settings).inner();
  }

  /** A row of the table: with as many images per class or more, so many loops. */
  private record Loops(long outer, long inner) {}

  private static Loops loops(Settings settings) {
    long images = (Long) settings.get("distill.images-per-class");
    boolean ofPaper = settings.text("distill.loops").equals("dc-paper");
    return ofPaper ? DC_LOOPS.floorEntry(images).getValue() : new Loops(1, 1);
  }

  /** Steps of a student: 20, in latents of a diffusion model 10. */
  static Object studentSteps(Settings settings) {
    return isDiffusion(settings) ? 10L : 20L;
  }

  /** Epochs of an expert to follow: 3, in latents of a diffusion model 2. */
  static Object expertEpochs(Settings settings) {
    return isDiffusion(settings) ? 2L : 3L;
  }

  /** Bound of the epoch to start from: 5, in latents of a diffusion model 2. */
  static Object maxStartEpoch(Settings settings) {
    return isDiffusion(settings) ? 2L : 5L;
  }

  /** What a generator was trained on: as in the paper's main results, where there are weights. */
  static Object priorInit(Settings settings) {
    return settings.get("distill.prior.weights") == null ? "random" : "imagenet";
  }

  /**
   * Layer of GLaD's feature map. The generator that is drawn at random has 18 layers, too few for
   * that of distribution matching; there it is the one at the same share of the depth.
   */
  static Object priorLayer(Settings settings) {
    return switch (settings.text("distill.method")) {
      case "dc" -> 16L;
      case "mtt" -> 5L;
      default -> settings.text("distill.prior.init").equals("random") ? 14L : 20L;
    };
  }

  /** Learning rate of GLaD's codes. */
  static Object learningRateW(Settings settings) {
    return CODE_RATES.get(settings.text("distill.method"));
  }

  private static boolean isDiffusion(Settings settings) {
    return settings.text("distill.space").equals("ld3m");
  }

  /** Side length of the images: 128 pixels for folders of images, else that of the source. */
  static Object resolution(Settings settings) {
    return settings.text("data.source").startsWith("folder:") ? PAPER_RESOLUTION : 0L;
  }

  /** Side length at which a pretrained scorer sees images; one that is trained sees the data's. */
  static Object scoreResolution(Settings settings) {
    return settings.get("score.weights") == null
        ? settings.whole("data.resolution")
        : SCORER_RESOLUTION;
  }

  /**
   * Side length of the images, where 0 stands for that of the source; 0 where that cannot be known
   * here. Sources other than IDX files have images of at most 32 pixels, or a resolution.
   */
  static long side(Settings settings) {
    long resolution = settings.whole("data.resolution");
    return resolution > 0 ? resolution : IdxFiles.side(settings.text("data.source")).orElse(0);
  }

  /** Blocks of the distilling ConvNet: 3 up to 64 pixels, 5 up to 128, 6 above. */
  static Object depth(Settings settings) {
    long resolution = side(settings);
    return resolution <= SMALL ? 3L : resolution <= MEDIUM ? 5L : 6L;
  }
}
