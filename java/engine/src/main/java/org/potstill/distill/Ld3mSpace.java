package org.potstill.distill;

import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.potstill.config.Config;
import org.potstill.data.Dataset;
import org.potstill.errors.InputException;
import org.potstill.kernels.Kernels;
import org.potstill.prior.ldm.LatentSampler;
import org.potstill.random.Purpose;
import org.potstill.run.CancellationToken;
import org.potstill.run.RunContext;
import org.potstill.tensor.NamedTensors;
import org.potstill.tensor.Placement;
import org.potstill.tensor.Tensors;

/**
 * The space of LD3M (Moser et al. 2024): the variables are the latents x_T of a diffusion model
 * and, where it has classes, the conditions of the images. The noise that is added to x_T is a
 * function of seed, iteration and image.
 */
final class Ld3mSpace implements LatentSpace {

  private static final String LATENTS = "latents";
  private static final String CONDITIONS = "conditions";

  private final Ld3mPrior prior;
  private final Kernels kernels;
  private final double learningRate;
  private final NamedTensors variables = new NamedTensors();

  /** The images of {@link #shownIteration}, of variables as they were at {@link #shownVersion}. */
  private Ld3mPrior.Shown shown;

  private long shownIteration;
  private long shownVersion;

  private Ld3mSpace(Ld3mPrior prior, Kernels kernels, double learningRate) {
    this.prior = prior;
    this.kernels = kernels;
    this.learningRate = learningRate;
  }

  /**
   * The space of a run that begins; see {@link Ld3mStart}.
   *
   * @throws InputException where the model does not fit the run, its weights are missing, or a
   *     class has too few images to start from
   */
  static Ld3mSpace start(
      Config config, Dataset data, RunContext context, CoreSetImages coreSet, Kernels kernels) {
    Ld3mSettings asked = Ld3mSettings.of(config, data, context.seed());
    Ld3mSpace space =
        new Ld3mSpace(
            Ld3mPrior.fitted(asked, data.normalisation(), kernels, Placement.of(context.device())),
            kernels,
            config.distill().learningRate());
    try (PointerScope scope = new PointerScope()) {
      Ld3mStart start = new Ld3mStart(space.prior, config, context);
      space.variables.put(LATENTS, start.latents(coreSet));
      if (space.prior.model().conditional()) {
        space.variables.put(CONDITIONS, start.conditions(data));
      }
      return space;
    } catch (RuntimeException e) {
      space.close();
      throw e;
    }
  }

  /**
   * The space of latents that were kept; its learning rate is 0.
   *
   * @throws InputException where the weights are missing or others, or the latents do not fit
   */
  static Ld3mSpace restore(LatentsFile latents, Placement placement) {
    Ld3mSettings settings = Ld3mSettings.of(latents.file(), latents.settings());
    Kernels kernels = latents.kernels(placement);
    Ld3mPrior prior =
        Ld3mPrior.exact(settings, latents.description().normalisation(), kernels, placement);
    Ld3mSpace space = new Ld3mSpace(prior, kernels, 0);
    try (PointerScope scope = new PointerScope()) {
      long images = latents.labels().size(0);
      long[] map = prior.latentShape();
      space.take(latents, placement, LATENTS, images, map[0], map[1], map[2]);
      if (prior.model().conditional()) {
        long width = prior.model().settings().unet().contextWidth();
        space.take(latents, placement, CONDITIONS, images, 1, width);
      }
      return space;
    } catch (RuntimeException e) {
      space.close();
      throw e;
    }
  }

  private void take(LatentsFile latents, Placement placement, String name, long... shape) {
    variables.put(name, latents.variable(name, "the diffusion model", placement, shape));
  }

  @Override
  public void heed(CancellationToken cancellation) {
    prior.heed(cancellation);
  }

  @Override
  public List<VariableGroup> groups() {
    VariableGroup latents = new VariableGroup(LATENTS, learningRate, List.of(LATENTS));
    return variables.contains(CONDITIONS)
        ? List.of(latents, new VariableGroup(CONDITIONS, learningRate, List.of(CONDITIONS)))
        : List.of(latents);
  }

  @Override
  public NamedTensors variables() {
    return variables;
  }

  @Override
  public Tensor images(long iteration) {
    return new Tensor(shown(iteration).images());
  }

  /** Made anew only where the iteration is another one or the variables changed. */
  private Ld3mPrior.Shown shown(long iteration) {
    long version = variables.values().stream().mapToLong(Tensor::_version).sum();
    if (shown == null || shownIteration != iteration || shownVersion != version) {
      if (shown != null) {
        shown.close();
        shown = null;
      }
      try (PointerScope scope = new PointerScope()) {
        shown = prior.images(inputs(iteration));
      }
      shownIteration = iteration;
      shownVersion = version;
    }
    return shown;
  }

  private LatentSampler.Inputs inputs(long iteration) {
    int images = Math.toIntExact(variables.get(LATENTS).size(0));
    long seed = prior.settings().use().seed();
    return new LatentSampler.Inputs(
        variables.get(LATENTS),
        variables.contains(CONDITIONS) ? variables.get(CONDITIONS) : null,
        Tensors.follow(
            Ld3mStart.noise(images, prior.latentShape(), seed, Purpose.PRIOR_NOISE, iteration),
            variables.get(LATENTS)));
  }

  @Override
  public NamedTensors pullBack(long iteration, Tensor imageGradient) {
    NamedTensors gradients = new NamedTensors();
    try (PointerScope scope = new PointerScope()) {
      LatentSampler.Gradients found =
          prior.pullBack(inputs(iteration), shown(iteration), imageGradient);
      gradients.put(LATENTS, found.start());
      if (found.condition() != null) {
        gradients.put(CONDITIONS, found.condition());
      }
      return gradients;
    } catch (RuntimeException e) {
      gradients.close();
      throw e;
    }
  }

  @Override
  public Map<String, String> settings() {
    Map<String, String> all = prior.settings().texts();
    all.put(LatentsFile.KERNELS, kernels.name());
    return all;
  }

  @Override
  public void close() {
    if (shown != null) {
      shown.close();
      shown = null;
    }
    variables.close();
    prior.close();
  }
}
