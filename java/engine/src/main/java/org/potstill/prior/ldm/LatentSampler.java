package org.potstill.prior.ldm;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.AutoGradMode;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.potstill.tensor.NamedTensors;
import org.potstill.tensor.Segments;

/**
 * The sampler of LD3M (Moser et al. 2024, section 3): DDIM without noise (Song et al. 2021,
 * equation 12) with classifier-free guidance (Ho and Salimans 2022), whose estimate of the clean
 * latent is pulled towards the latent that it started from:
 *
 * <pre>x0 = (1 - i/T) x0 + (i/T) quantise(x_T),  i = T, T - 1, ..., 0,  T = steps - 1</pre>
 *
 * so that gradients reach x_T by a short way from every step. It starts from x_T with noise added
 * up to the first timestep visited.
 *
 * <p>The gradient goes back step by step, each run again: memory for one step, whatever their
 * number. Results are live in the caller's scope and have no history.
 */
public final class LatentSampler {

  private final LatentDiffusion model;
  private final double guidance;
  private final int[] visited;

  /**
   * A sampler.
   *
   * @param steps from 1 to the timesteps of the diffusion
   * @param guidance scale of the difference that the condition makes; 1 for none
   * @throws org.potstill.errors.InputException where there are not so many steps
   */
  public LatentSampler(LatentDiffusion model, int steps, double guidance) {
    this.model = model;
    this.guidance = guidance;
    this.visited = model.schedule().ddim(steps);
  }

  /**
   * What an image is made of.
   *
   * @param start x_T, (N, C, h, w)
   * @param condition (N, 1, width); null without
   * @param noise (N, C, h, w) standard normal
   */
  public record Inputs(Tensor start, Tensor condition, Tensor noise) {}

  /**
   * A step's result.
   *
   * @param clean the estimate of the clean latent, after it was pulled
   * @param next the latent that the next step takes
   */
  public record Step(Tensor clean, Tensor next) {}

  /**
   * Gradients with respect to x_T and the condition.
   *
   * @param condition null without a condition
   */
  public record Gradients(Tensor start, Tensor condition) {}

  /** Number of steps. */
  public int steps() {
    return visited.length;
  }

  /** The latents that the steps take, and the last one's result: steps + 1 of them. */
  public List<Tensor> latents(NamedTensors weights, Inputs inputs) {
    List<Tensor> latents = new ArrayList<>();
    for (int i = 0; i <= steps(); i++) {
      latents.add(new Tensor());
    }
    try (PointerScope scope = new PointerScope();
        AutoGradMode plain = new AutoGradMode(false)) {
      latents.get(0).put(noised(inputs));
      Tensor anchor = model.firstStage().quantise(weights, inputs.start());
      for (int step = 0; step < steps(); step++) {
        try (PointerScope inner = new PointerScope()) {
          Tensor next = step(weights, step, latents.get(step), anchor, inputs.condition()).next();
          latents.get(step + 1).put(next);
        }
      }
    }
    return latents;
  }

  /** The images of the last latents, about -1 to 1. */
  public Tensor images(NamedTensors weights, Inputs inputs) {
    Tensor result = new Tensor();
    try (PointerScope scope = new PointerScope();
        AutoGradMode plain = new AutoGradMode(false)) {
      Tensor last = latents(weights, inputs).get(steps());
      result.put(model.firstStage().decode(weights, last));
    }
    return result;
  }

  /** How much of x_T is left in, and how much noise is added to, what the sampler starts from. */
  private double[] startShares() {
    double alpha = model.schedule().alphaCumprod(visited[steps() - 1]);
    return new double[] {Math.sqrt(alpha), Math.sqrt(1 - alpha)};
  }

  private Tensor noised(Inputs inputs) {
    double[] shares = startShares();
    Tensor kept = inputs.start().detach().mul(new Scalar(shares[0]));
    return kept.add(inputs.noise(), new Scalar(shares[1]));
  }

  /**
   * One step; differentiable where its inputs are.
   *
   * @param step from 0 in the order of sampling
   * @param latent what the step before gave
   * @param anchor quantise(x_T)
   */
  public Step step(NamedTensors weights, int step, Tensor latent, Tensor anchor, Tensor condition) {
    return step(weights, step, latent, anchor, condition, null);
  }

  private Step step(
      NamedTensors weights,
      int step,
      Tensor latent,
      Tensor anchor,
      Tensor condition,
      Segments segments) {
    Tensor clean = new Tensor();
    Tensor next = new Tensor();
    try (PointerScope scope = new PointerScope()) {
      int i = steps() - 1 - step;
      double alpha = model.schedule().alphaCumprod(visited[i]);
      // Below the first timestep visited the published code takes timestep 0, not a clean latent.
      double after = model.schedule().alphaCumprod(i > 0 ? visited[i - 1] : 0);
      Tensor noise = noise(weights, latent, visited[i], condition, segments);
      Tensor estimate =
          latent.sub(noise, new Scalar(Math.sqrt(1 - alpha))).mul(new Scalar(1 / Math.sqrt(alpha)));
      if (i > 0) {
        double pull = (double) i / (steps() - 1);
        estimate = estimate.mul(new Scalar(1 - pull)).add(anchor, new Scalar(pull));
      }
      clean.put(estimate);
      next.put(
          estimate.mul(new Scalar(Math.sqrt(after))).add(noise, new Scalar(Math.sqrt(1 - after))));
    }
    return new Step(clean, next);
  }

  /** The guided estimate of the noise. */
  private Tensor noise(
      NamedTensors weights, Tensor latent, int timestep, Tensor condition, Segments segments) {
    int count = Math.toIntExact(latent.size(0));
    if (condition == null || guidance == 1) {
      return model.unet().noise(weights, latent, repeated(timestep, count), condition, segments);
    }
    Tensor none = model.condition(weights, repeated(model.noClass(), count));
    Tensor context = torch.cat(new TensorVector(none, condition), 0);
    Tensor both =
        model
            .unet()
            .noise(
                weights,
                torch.cat(new TensorVector(latent, latent), 0),
                repeated(timestep, 2 * count),
                segments == null ? context : segments.shared(context),
                segments);
    Tensor without = both.narrow(0, 0, count);
    return without.add(both.narrow(0, count, count).sub(without), new Scalar(guidance));
  }

  private static long[] repeated(long value, int count) {
    long[] values = new long[count];
    Arrays.fill(values, value);
    return values;
  }

  /**
   * The gradients of a loss with respect to x_T and the condition.
   *
   * @param latents what {@link #latents} gave for the same inputs
   * @param lastGradient with respect to the last of them
   */
  public Gradients pullBack(
      NamedTensors weights, Inputs inputs, List<Tensor> latents, Tensor lastGradient) {
    Tensor start = new Tensor();
    Tensor condition = inputs.condition() == null ? null : new Tensor();
    try (PointerScope scope = new PointerScope()) {
      Tensor anchor = model.firstStage().quantise(weights, inputs.start().detach());
      Tensor gradient = lastGradient.clone();
      start.put(torch.zeros_like(inputs.start()));
      if (condition != null) {
        condition.put(torch.zeros_like(inputs.condition()));
      }
      for (int step = steps() - 1; step >= 0; step--) {
        try (PointerScope inner = new PointerScope()) {
          Tensor[] found =
              pullBack(weights, step, latents.get(step), anchor, inputs.condition(), gradient);
          gradient.copy_(found[0]);
          // Through the quantised x_T as if it were x_T.
          start.add_(found[1]);
          if (condition != null) {
            condition.add_(found[2]);
          }
        }
      }
      start.add_(gradient, new Scalar(startShares()[0]));
    }
    return new Gradients(start, condition);
  }

  private Tensor[] pullBack(
      NamedTensors weights,
      int step,
      Tensor latent,
      Tensor anchor,
      Tensor condition,
      Tensor gradient) {
    Tensor taken = latent.detach().requires_grad_(true);
    Tensor pulled = anchor.detach().requires_grad_(true);
    Tensor conditioned = condition == null ? null : condition.detach().requires_grad_(true);
    Segments segments = new Segments();
    Tensor next = step(weights, step, taken, pulled, conditioned, segments).next();
    Tensor[] inputs =
        condition == null
            ? new Tensor[] {taken, pulled}
            : new Tensor[] {taken, pulled, conditioned};
    return segments.gradients(next, gradient, inputs);
  }

  /**
   * The gradients of a loss with respect to x_T and the condition, given that with respect to
   * {@link #images}.
   *
   * @param imageGradient (N, C, H, W)
   */
  public Gradients pullBack(NamedTensors weights, Inputs inputs, Tensor imageGradient) {
    Tensor start = new Tensor();
    Tensor condition = inputs.condition() == null ? null : new Tensor();
    try (PointerScope scope = new PointerScope()) {
      List<Tensor> latents = latents(weights, inputs);
      Tensor last = new Tensor();
      try (PointerScope inner = new PointerScope()) {
        Tensor end = latents.get(steps()).detach().requires_grad_(true);
        Segments segments = new Segments();
        Tensor images = model.firstStage().decode(weights, end, segments);
        last.put(segments.gradients(images, imageGradient, new Tensor[] {end})[0]);
      }
      Gradients found = pullBack(weights, inputs, latents, last);
      start.put(found.start());
      if (condition != null) {
        condition.put(found.condition());
      }
    }
    return new Gradients(start, condition);
  }
}
