package org.potstill.config;

import java.util.Map;

/**
 * Which published file holds the weights of a generator or of the scorer, in one sentence for
 * whoever lacks it; the page on weights says more.
 */
public final class PublishedWeights {

  private static final String STYLEGAN =
      "https://s3.eu-central-1.amazonaws.com/avg-projects/stylegan_xl/models/";

  private static final String DIFFUSION = "https://ommer-lab.com/files/latent-diffusion/";

  private static final String STYLEGAN_TERMS =
      "about 0.9 GB of weights, more on disk; under the terms of github.com/autonomousvision/stylegan-xl";

  private static final String DIFFUSION_TERMS =
      "; code under MIT, weights without a licence of their own";

  private static final String ANYWHERE = "any";

  /** Address and what to know of it, by space, initialisation and resolution. */
  private static final Map<String, String> FILES =
      Map.of(
          "glad imagenet 128", STYLEGAN + "imagenet128.pkl (" + STYLEGAN_TERMS + ")",
          "glad imagenet 256", STYLEGAN + "imagenet256.pkl (" + STYLEGAN_TERMS + ")",
          "glad ffhq 256", STYLEGAN + "ffhq256.pkl (" + STYLEGAN_TERMS + ")",
          "glad pokemon 256", STYLEGAN + "pokemon256.pkl (" + STYLEGAN_TERMS + ")",
          "ld3m imagenet any",
              DIFFUSION
                  + "nitro/cin/model.ckpt (1.8 GB of weights, more on disk"
                  + DIFFUSION_TERMS
                  + ")",
          "ld3m ffhq any",
              "model.ckpt in "
                  + DIFFUSION
                  + "ffhq.zip (1.3 GB of weights, more on disk"
                  + DIFFUSION_TERMS
                  + ")");

  private static final String SCORER =
      "https://download.pytorch.org/models/resnet18-f37072fd.pth (45 MB; code under BSD-3, weights"
          + " trained on ImageNet)";

  private PublishedWeights() {}

  /** What to fetch as the scorer of the paper. */
  public static String scorerAdvice() {
    return "the paper's is " + SCORER + "; see docs/weights.md; score.weights: train needs no file";
  }

  /**
   * What to fetch.
   *
   * @param space {@code glad} or {@code ld3m}
   * @param init what the generator was trained on, as in {@code distill.prior.init}
   * @param resolution of the images
   */
  public static String advice(String space, String init, long resolution) {
    String generator = space + " " + init + " ";
    String file = FILES.getOrDefault(generator + resolution, FILES.get(generator + ANYWHERE));
    return file == null
        ? "docs/weights.md says what there is to fetch; distill.prior.init: random needs no file"
        : "fetch " + file + "; see docs/weights.md; distill.prior.init: random needs no file";
  }
}
