package org.potstill.distill;

import java.util.List;
import java.util.OptionalInt;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.potstill.config.Config;
import org.potstill.config.DiffusionConfig;
import org.potstill.config.DistillConfig;
import org.potstill.data.Dataset;
import org.potstill.random.Purpose;
import org.potstill.random.RandomStream;
import org.potstill.run.RunContext;
import org.potstill.tensor.Tensors;

/** The latents and conditions that LD3M starts from. */
final class Ld3mStart {

  private final Ld3mPrior prior;
  private final Config config;
  private final RunContext context;

  Ld3mStart(Ld3mPrior prior, Config config, RunContext context) {
    this.prior = prior;
    this.config = config;
    this.context = context;
  }

  /**
   * The latents of all images, class after class: those of core-set images, or standard normal.
   *
   * @return (M, C, h, w)
   * @throws org.potstill.errors.InputException where a class has fewer images than asked for
   */
  Tensor latents(CoreSetImages coreSet) {
    DistillConfig distill = config.distill();
    int perClass = distill.imagesPerClass();
    Tensor result = new Tensor();
    try (PointerScope scope = new PointerScope()) {
      if (distill.init() == DistillConfig.Init.NOISE) {
        int images = perClass * coreSet.classes();
        Tensor drawn =
            noise(images, prior.latentShape(), context.seed(), Purpose.IMAGE_INITIALISATION, 0);
        result.put(prior.placement().place(drawn));
      } else {
        try (PixelSpace real = PixelSpace.real(coreSet, perClass, context.seed(), 0)) {
          boolean symmetric =
              distill.prior().diffusion().encoderInput() == DiffusionConfig.EncoderInput.SYMMETRIC;
          Tensor images = real.images(0);
          result.put(prior.encode(symmetric ? prior.symmetric(images) : images));
        }
      }
    }
    return result;
  }

  /** Standard normal values on the host, every image from a stream of its own. */
  static Tensor noise(int images, long[] shape, long seed, Purpose purpose, long iteration) {
    int size = Math.toIntExact(shape[0] * shape[1] * shape[2]);
    float[] all = new float[images * size];
    float[] values = new float[size];
    for (int i = 0; i < images; i++) {
      RandomStream.of(seed, purpose, iteration, i).fillGaussian(values, 0, 1);
      System.arraycopy(values, 0, all, i * size, size);
    }
    return Tensors.of(all, images, shape[0], shape[1], shape[2]);
  }

  /**
   * The conditions of all images, class after class. A class without a counterpart in the model
   * starts from "no class".
   *
   * @return (M, 1, width)
   */
  Tensor conditions(Dataset data) {
    List<OptionalInt> classes =
        PriorClasses.of(
            data,
            config.data().classIndex(),
            prior.model().noClass(),
            "their images start without a condition",
            context.listener());
    int perClass = config.distill().imagesPerClass();
    long[] conditions = new long[classes.size() * perClass];
    for (int i = 0; i < conditions.length; i++) {
      conditions[i] = classes.get(i / perClass).orElse(prior.model().noClass());
    }
    return prior.condition(conditions);
  }
}
