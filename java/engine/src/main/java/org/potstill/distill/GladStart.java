package org.potstill.distill;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.potstill.config.Config;
import org.potstill.config.PriorConfig;
import org.potstill.data.Dataset;
import org.potstill.prior.StyleGan;
import org.potstill.random.Purpose;
import org.potstill.random.RandomStream;
import org.potstill.run.RunContext;
import org.potstill.tensor.Tensors;

/** The codes that GLaD starts from. */
final class GladStart {

  private static final int MEAN_OVER = 1000;
  private static final double NO_TRUNCATION = 1;

  // Iterations of the stream PRIOR_NOISE, one for every kind of draw.
  private static final int LATENT = 0;
  private static final int CLASS = 1;
  private static final int MEAN = 2;

  private final GladPrior prior;
  private final Config config;
  private final long seed;
  private final List<OptionalInt> classes;

  private GladStart(GladPrior prior, Config config, long seed, List<OptionalInt> classes) {
    this.prior = prior;
    this.config = config;
    this.seed = seed;
    this.classes = classes;
  }

  /**
   * The codes of all images, class after class, (M, latents, w). An image of a class without a
   * counterpart in a class-conditional generator takes a class that is drawn for it.
   */
  static Tensor codes(GladPrior prior, Config config, Dataset data, RunContext context) {
    return of(prior, config, data, context).codes();
  }

  /** What draws them. */
  static GladStart of(GladPrior prior, Config config, Dataset data, RunContext context) {
    int known = prior.generator().classes();
    List<OptionalInt> classes =
        known == 0
            ? data.classKeys().stream().map(key -> OptionalInt.empty()).toList()
            : PriorClasses.of(
                data,
                config.data().classIndex(),
                known,
                "their images start from classes drawn at random",
                context.listener());
    return new GladStart(prior, config, context.seed(), classes);
  }

  private Tensor codes() {
    boolean mean = config.distill().prior().codes() == PriorConfig.Codes.MEAN;
    Map<Integer, Tensor> means = new HashMap<>();
    Tensor result = new Tensor();
    try (PointerScope scope = new PointerScope();
        NoGradGuard guard = new NoGradGuard()) {
      TensorVector codes = new TensorVector();
      List<Integer> drawn = imageClasses();
      for (int i = 0; i < drawn.size(); i++) {
        int image = i;
        codes.push_back(
            mean
                ? means.computeIfAbsent(drawn.get(i), this::meanCode)
                : mapped(1, drawn.get(i), LATENT, image));
      }
      result.put(torch.cat(codes, 0));
    }
    return result;
  }

  /** The generator's class of every image; 0 without a class condition. */
  private List<Integer> imageClasses() {
    int known = prior.generator().classes();
    List<Integer> result = new ArrayList<>();
    for (OptionalInt own : classes) {
      for (int i = 0; i < config.distill().imagesPerClass(); i++) {
        int image = result.size();
        result.add(
            own.orElseGet(
                () ->
                    known == 0
                        ? 0
                        : RandomStream.of(seed, Purpose.PRIOR_NOISE, CLASS, image).nextInt(known)));
      }
    }
    return result;
  }

  /** The mean code of a class, (1, latents, w), in the caller's scope. */
  Tensor meanCode(int classIndex) {
    Tensor result = new Tensor();
    // What it is the mean of, tens of megabytes a class, is not kept until all are drawn.
    try (PointerScope scope = new PointerScope()) {
      Tensor codes = mapped(MEAN_OVER, classIndex, MEAN, classIndex);
      result.put(codes.mean(new long[] {0}).unsqueeze(0));
    }
    return result;
  }

  private Tensor mapped(int count, int classIndex, int kind, int index) {
    StyleGan generator = prior.generator();
    float[] z = new float[count * generator.zDim()];
    RandomStream.of(seed, Purpose.PRIOR_NOISE, kind, index).fillGaussian(z, 0, 1);
    long[] labels = new long[count];
    Arrays.fill(labels, classIndex);
    Tensor weight = prior.weights().values().get(0);
    return generator.mapping(
        prior.weights(),
        Tensors.of(weight, z, count, generator.zDim()),
        Tensors.of(weight, labels, count),
        NO_TRUNCATION);
  }
}
