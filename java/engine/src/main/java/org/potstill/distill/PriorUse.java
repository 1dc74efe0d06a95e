package org.potstill.distill;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import org.potstill.config.Config;
import org.potstill.config.PriorConfig;
import org.potstill.data.Dataset;
import org.potstill.data.Normalisation;
import org.potstill.errors.InputException;

/**
 * Which generator a latent space stands on and which images it is to make: what settings of all
 * generators have in common.
 *
 * @param init what it was trained on
 * @param weights its file; null where it is random
 * @param sha256 of that file; empty where it is random
 * @param seed of the weights of a random one, and of what else is drawn
 * @param channels of the images
 * @param resolution of the images
 * @param normalised what the images are normalised with
 * @param chunk images that go through it at a time
 */
record PriorUse(
    PriorConfig.Init init,
    Path weights,
    String sha256,
    long seed,
    int channels,
    int resolution,
    PriorConfig.Normalised normalised,
    int chunk) {

  /** What {@link #texts} calls {@code chunk}, which memory allows and no run is known by. */
  static final String CHUNK = "chunk";

  private static final String NORMALISATION = "normalisation";

  /**
   * That of a run that begins.
   *
   * @throws InputException where its file is missing
   */
  static PriorUse of(Config config, Dataset data, long seed) {
    return of(config, data, seed, PriorWeights.sha256(config.distill(), data.resolution()));
  }

  /** The same before it begins, when its file is not read from end to end for its SHA-256. */
  static PriorUse asked(Config config, Dataset data) {
    return of(config, data, config.run().seed(), "");
  }

  private static PriorUse of(Config config, Dataset data, long seed, String sha256) {
    PriorConfig prior = config.distill().prior();
    return new PriorUse(
        prior.init(),
        prior.weights(),
        sha256,
        seed,
        data.channels(),
        data.resolution(),
        prior.normalisation(),
        prior.chunk());
  }

  /**
   * Checks that the published normalisation stands beside that which it was published with.
   *
   * @throws InputException where real images have another than ImageNet's
   */
  static void requireNormalisation(PriorConfig prior, Dataset data) {
    if (prior.normalisation() == PriorConfig.Normalised.PUBLISHED
        && !data.normalisation().equals(Normalisation.IMAGENET)) {
      throw new InputException(
          "distill.prior.normalisation: published goes with real images that are normalised with"
              + " ImageNet's mean and standard deviation; here they are "
              + data.normalisation().mean()
              + " and "
              + data.normalisation().std()
              + "; take data");
    }
  }

  /** Whether the weights are drawn. */
  boolean isRandom() {
    return init == PriorConfig.Init.RANDOM;
  }

  /** The same with another chunk. */
  PriorUse withChunk(int images) {
    return new PriorUse(init, weights, sha256, seed, channels, resolution, normalised, images);
  }

  /**
   * What generated images are normalised with.
   *
   * @param ofData what real images are normalised with
   */
  Normalisation normalisation(Normalisation ofData) {
    return normalised == PriorConfig.Normalised.DATA ? ofData : Normalisation.PUBLISHED_GENERATED;
  }

  /**
   * Checks that classes are there where the weights are those of ImageNet, and only there.
   *
   * @param source of the weights, for the message
   * @throws InputException where it is otherwise
   */
  void requireInit(String source, boolean conditional) {
    if (!isRandom() && conditional != (init == PriorConfig.Init.IMAGENET)) {
      throw new InputException(
          "distill.prior.init: "
              + DistillStage.word(init)
              + " does not fit "
              + source
              + ", which "
              + (conditional ? "has" : "has no")
              + " classes");
    }
  }

  /**
   * As texts by name, to which more may be added.
   *
   * @param generator its kind
   */
  Map<String, String> texts(String generator) {
    Map<String, String> texts = new LinkedHashMap<>();
    texts.put("generator", generator);
    texts.put("init", DistillStage.word(init));
    texts.put(LatentsFile.WEIGHTS, weights == null ? "" : weights.toString());
    texts.put("weights-sha256", sha256);
    texts.put("seed", Long.toString(seed));
    texts.put("channels", Integer.toString(channels));
    texts.put("resolution", Integer.toString(resolution));
    if (normalised != PriorConfig.Normalised.DATA) {
      texts.put(NORMALISATION, DistillStage.word(normalised));
    }
    texts.put(CHUNK, Integer.toString(chunk));
    return texts;
  }

  private static PriorUse of(Map<String, String> texts) {
    String weights = texts.get(LatentsFile.WEIGHTS);
    return new PriorUse(
        PriorConfig.Init.valueOf(texts.get("init").toUpperCase(Locale.ROOT)),
        weights.isEmpty() ? null : Path.of(weights),
        texts.get("weights-sha256"),
        Long.parseLong(texts.get("seed")),
        number(texts, "channels", 1),
        number(texts, "resolution", 1),
        PriorConfig.Normalised.valueOf(
            texts.getOrDefault(NORMALISATION, "data").toUpperCase(Locale.ROOT)),
        number(texts, CHUNK, 1));
  }

  /**
   * A whole number that was kept as a text.
   *
   * @throws IllegalArgumentException where it is none, or below {@code least}
   */
  static int number(Map<String, String> texts, String key, int least) {
    int number = Integer.parseInt(texts.get(key));
    if (number < least) {
      throw new IllegalArgumentException(key + " " + number);
    }
    return number;
  }

  /**
   * Settings that were kept as texts.
   *
   * @param rest makes settings of what is common to all
   * @throws InputException where a text is missing or not what it should be
   */
  static <T> T restore(Path file, Map<String, String> texts, Function<PriorUse, T> rest) {
    try {
      return rest.apply(of(texts));
    } catch (NullPointerException | IllegalArgumentException e) {
      throw new InputException(
          file + ": its metadata does not tell how the images are made: " + texts, e);
    }
  }
}
