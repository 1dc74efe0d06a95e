package org.potstill.distill;

import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.potstill.config.Config;
import org.potstill.data.Dataset;
import org.potstill.errors.InputException;
import org.potstill.kernels.Kernels;
import org.potstill.prior.StyleGan;
import org.potstill.run.CancellationToken;
import org.potstill.run.RunContext;
import org.potstill.tensor.NamedTensors;
import org.potstill.tensor.Placement;

/**
 * The space of GLaD (Cazenavette et al. 2023): the variables are the codes "w+" of a StyleGAN
 * generator and the feature map at one of its layers; {@code image = (G(w, f) + 1) / 2}, then
 * normalised as the data set is.
 */
final class GladSpace implements LatentSpace {

  private static final String CODES = "w";
  private static final String FEATURES = "f";
  private static final String IMAGES = "images";

  private final GladPrior prior;
  private final GladSettings settings;
  private final Kernels kernels;
  private final List<VariableGroup> groups;
  private final NamedTensors variables = new NamedTensors();

  /** The images of the variables as they were at {@link #shownVersion}. */
  private final NamedTensors shown = new NamedTensors();

  private long shownVersion;

  private GladSpace(GladPrior prior, Kernels kernels, double rateOfW, double rateOfF) {
    this.prior = prior;
    this.kernels = kernels;
    this.settings = prior.settings();
    this.groups =
        List.of(
            new VariableGroup("codes", rateOfW, List.of(CODES)),
            new VariableGroup("features", rateOfF, List.of(FEATURES)));
  }

  /**
   * The space of a run that begins: codes by {@link GladStart}, features from running them up to
   * the layer.
   *
   * @throws InputException where the generator does not fit the run, or its weights are missing
   */
  static GladSpace start(Config config, Dataset data, RunContext context, Kernels kernels) {
    GladSettings asked = GladSettings.of(config, data, context.seed());
    GladSpace space =
        new GladSpace(
            GladPrior.fitted(asked, data.normalisation(), kernels, Placement.of(context.device())),
            kernels,
            config.distill().prior().learningRateW(),
            config.distill().learningRate());
    try (PointerScope scope = new PointerScope()) {
      Tensor codes = GladStart.codes(space.prior, config, data, context);
      space.variables.put(CODES, codes);
      space.variables.put(FEATURES, space.prior.features(codes));
      return space;
    } catch (RuntimeException e) {
      space.close();
      throw e;
    }
  }

  /**
   * The space of latents that were kept; its learning rates are 0.
   *
   * @throws InputException where the weights are missing or others, or the latents do not fit
   */
  static GladSpace restore(LatentsFile latents, Placement placement) {
    GladSettings settings = GladSettings.of(latents.file(), latents.settings());
    Kernels kernels = latents.kernels(placement);
    GladPrior prior =
        GladPrior.exact(settings, latents.description().normalisation(), kernels, placement);
    GladSpace space = new GladSpace(prior, kernels, 0, 0);
    try (PointerScope scope = new PointerScope()) {
      long images = latents.labels().size(0);
      StyleGan generator = prior.generator();
      long[] map = generator.featureShape(settings.layer());
      space.take(latents, placement, CODES, images, generator.latents(), generator.wDim());
      space.take(latents, placement, FEATURES, images, map[0], map[1], map[2]);
      return space;
    } catch (RuntimeException e) {
      space.close();
      throw e;
    }
  }

  private void take(LatentsFile latents, Placement placement, String name, long... shape) {
    variables.put(name, latents.variable(name, "the generator", placement, shape));
  }

  @Override
  public void heed(CancellationToken cancellation) {
    prior.heed(cancellation);
  }

  @Override
  public List<VariableGroup> groups() {
    return groups;
  }

  @Override
  public NamedTensors variables() {
    return variables;
  }

  /** Made anew only where the variables changed: there is no noise. */
  @Override
  public Tensor images(long iteration) {
    long version = variables.get(CODES)._version() + variables.get(FEATURES)._version();
    if (shown.size() == 0 || shownVersion != version) {
      try (PointerScope scope = new PointerScope()) {
        shown.put(IMAGES, prior.images(variables.get(CODES), variables.get(FEATURES)));
      }
      shownVersion = version;
    }
    return new Tensor(shown.get(IMAGES));
  }

  @Override
  public NamedTensors pullBack(long iteration, Tensor imageGradient) {
    NamedTensors gradients = new NamedTensors();
    try {
      prior.pullBack(
          variables.get(CODES),
          variables.get(FEATURES),
          imageGradient,
          new String[] {CODES, FEATURES},
          gradients);
      return gradients;
    } catch (RuntimeException e) {
      gradients.close();
      throw e;
    }
  }

  @Override
  public Map<String, String> settings() {
    Map<String, String> all = settings.texts();
    all.put(LatentsFile.KERNELS, kernels.name());
    return all;
  }

  @Override
  public void close() {
    shown.close();
    variables.close();
    prior.close();
  }
}
