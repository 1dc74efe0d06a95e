package org.potstill.distill;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarOptional;
import org.bytedeco.pytorch.Tensor;
import org.potstill.data.Normalisation;
import org.potstill.kernels.Kernels;
import org.potstill.prior.ldm.LatentDiffusion;
import org.potstill.prior.ldm.LatentSampler;
import org.potstill.run.CancellationToken;
import org.potstill.tensor.NamedTensors;
import org.potstill.tensor.Placement;
import org.potstill.tensor.RowParts;
import org.potstill.tensor.Tensors;

/**
 * A latent diffusion model with its weights, from latents and conditions to normalised images of
 * the data set's size and back: {@code image = clamp((decode + 1) / 2, 0, 1)}, then normalised.
 *
 * <p>Owns the weights.
 */
final class Ld3mPrior implements AutoCloseable {

  private final Ld3mSettings settings;
  private final LatentDiffusion model;
  private final LatentSampler sampler;
  private final NamedTensors weights;

  /** Of real images, and of generated ones. */
  private final Normalisation normalisation;

  private final Normalisation generated;
  private final Chunks chunks;

  private Ld3mPrior(
      RowParts parts,
      Ld3mSettings settings,
      LatentDiffusion model,
      NamedTensors weights,
      Normalisation normalisation) {
    this.chunks = new Chunks(parts, settings.use().chunk());
    this.settings = settings;
    this.model = model;
    this.sampler = new LatentSampler(model, settings.steps(), settings.guidance());
    this.weights = weights;
    this.normalisation = normalisation;
    this.generated = settings.use().normalisation(normalisation);
  }

  /**
   * The model that {@code asked} asks for, with as many images at a time as fit the memory.
   *
   * @param kernels quantise latents where they reach them
   * @param placement where it computes
   * @throws org.potstill.errors.InputException where the weights are missing or of something else,
   *     or the model does not make such images or take so many steps
   */
  static Ld3mPrior fitted(
      Ld3mSettings asked, Normalisation normalisation, Kernels kernels, Placement placement) {
    return Ld3mOpening.open(
        asked,
        kernels,
        (model, weights) -> {
          long bytes = model.settings().pullBackBytes(asked.use().resolution());
          int chunk = MemoryChunks.images(asked.use().chunk(), bytes, placement);
          return new Ld3mPrior(
              Chunks.ofRun(),
              asked.withChunk(chunk),
              model,
              placement.place(weights),
              normalisation);
        });
  }

  /** As {@link #fitted}, with exactly as many images at a time as {@code settings} say. */
  static Ld3mPrior exact(
      Ld3mSettings settings, Normalisation normalisation, Kernels kernels, Placement placement) {
    return Ld3mOpening.open(
        settings,
        kernels,
        (model, weights) ->
            new Ld3mPrior(
                Rendering.parts(), settings, model, placement.place(weights), normalisation));
  }

  /** The model. */
  LatentDiffusion model() {
    return model;
  }

  /** Hands over the run's wish to stop, which every chunk of images asks. */
  void heed(CancellationToken cancellation) {
    chunks.heed(cancellation);
  }

  /** What the images depend on besides latents and normalisation. */
  Ld3mSettings settings() {
    return settings;
  }

  /** Channels, rows and columns of the latents of an image. */
  long[] latentShape() {
    long side = settings.use().resolution() / model.settings().firstStage().factor();
    return new long[] {model.settings().firstStage().codeWidth(), side, side};
  }

  /** The latents of images as the encoder takes them, (N, C, H, W). */
  Tensor encode(Tensor images) {
    return chunks.join(
        images.size(0),
        (start, length) -> model.firstStage().encode(weights, images.narrow(0, start, length)));
  }

  /** Where it computes. */
  Placement placement() {
    return Placement.of(weights.values().get(0));
  }

  /** The conditions of the model's classes. */
  Tensor condition(long[] classes) {
    return model.condition(weights, classes);
  }

  /** Normalised images of the data set as pixels from -1 to 1. */
  Tensor symmetric(Tensor images) {
    return images
        .mul(Tensors.perChannel(images, normalisation.std()))
        .add(Tensors.perChannel(images, normalisation.mean()))
        .mul(new Scalar(2))
        .sub(new Scalar(1));
  }

  /**
   * Images and the latents between the steps of the sampler, a few kilobytes each, which a
   * pull-back need not make again.
   */
  static final class Shown implements AutoCloseable {

    private static final String IMAGES = "images";
    private final NamedTensors tensors = new NamedTensors();

    /** Normalised, (N, C, H, W), owned by this. */
    Tensor images() {
      return tensors.get(IMAGES);
    }

    private Tensor latent(int step) {
      return tensors.get(Integer.toString(step));
    }

    /** Gives the memory back. */
    @Override
    public void close() {
      tensors.close();
    }
  }

  private static LatentSampler.Inputs inputs(LatentSampler.Inputs all, long start, long length) {
    return new LatentSampler.Inputs(
        all.start().narrow(0, start, length),
        all.condition() == null ? null : all.condition().narrow(0, start, length),
        all.noise().narrow(0, start, length));
  }

  /** Normalised images of the data set's size; the caller closes them. */
  Shown images(LatentSampler.Inputs inputs) {
    Shown shown = new Shown();
    try (PointerScope scope = new PointerScope();
        NoGradGuard guard = new NoGradGuard()) {
      int latents = sampler.steps() + 1;
      Tensor[] made =
          chunks.joinEach(
              inputs.start().size(0),
              latents + 1,
              (start, length) -> {
                List<Tensor> all = sampler.latents(weights, inputs(inputs, start, length));
                List<Tensor> both = new ArrayList<>(all);
                both.add(shownOf(all.get(sampler.steps())));
                return both.toArray(Tensor[]::new);
              });
      for (int step = 0; step < latents; step++) {
        shown.tensors.put(Integer.toString(step), made[step]);
      }
      shown.tensors.put(Shown.IMAGES, made[latents]);
      return shown;
    } catch (RuntimeException e) {
      shown.close();
      throw e;
    }
  }

  /** Normalised images of clean latents; differentiable. */
  private Tensor shownOf(Tensor latents) {
    Tensor result = new Tensor();
    try (PointerScope scope = new PointerScope()) {
      Tensor pixels =
          model
              .firstStage()
              .decode(weights, latents)
              .add(new Scalar(1))
              .mul(new Scalar(0.5))
              .clamp(new ScalarOptional(new Scalar(0)), new ScalarOptional(new Scalar(1)));
      result.put(
          pixels
              .sub(Tensors.perChannel(pixels, generated.mean()))
              .div(Tensors.perChannel(pixels, generated.std())));
    }
    return result;
  }

  /**
   * The gradients of a loss with respect to latents and conditions.
   *
   * @param shown what {@link #images} gave for the same inputs
   * @param imageGradient with respect to its images
   */
  LatentSampler.Gradients pullBack(LatentSampler.Inputs inputs, Shown shown, Tensor imageGradient) {
    Tensor start = new Tensor();
    Tensor condition = inputs.condition() == null ? null : new Tensor();
    try (PointerScope scope = new PointerScope()) {
      Tensor[] gradients =
          chunks.joinEach(
              inputs.start().size(0),
              condition == null ? 1 : 2,
              (from, length) -> {
                LatentSampler.Gradients found =
                    pullBack(inputs, from, length, shown, imageGradient);
                return condition == null
                    ? new Tensor[] {found.start()}
                    : new Tensor[] {found.start(), found.condition()};
              });
      start.put(gradients[0]);
      if (condition != null) {
        condition.put(gradients[1]);
      }
    }
    return new LatentSampler.Gradients(start, condition);
  }

  private LatentSampler.Gradients pullBack(
      LatentSampler.Inputs all, long start, long length, Shown shown, Tensor imageGradient) {
    List<Tensor> latents = new ArrayList<>();
    for (int step = 0; step <= sampler.steps(); step++) {
      latents.add(shown.latent(step).narrow(0, start, length));
    }
    Tensor last = new Tensor();
    try (PointerScope scope = new PointerScope()) {
      Tensor end = latents.get(sampler.steps()).detach().requires_grad_(true);
      Tensor gradient = imageGradient.narrow(0, start, length);
      last.put(Tensors.gradients(shownOf(end), gradient, new Tensor[] {end}, false)[0]);
    }
    return sampler.pullBack(weights, inputs(all, start, length), latents, last);
  }

  /** Gives the weights back. */
  @Override
  public void close() {
    weights.close();
  }
}
