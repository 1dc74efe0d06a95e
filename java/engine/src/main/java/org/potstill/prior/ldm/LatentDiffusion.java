package org.potstill.prior.ldm;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.potstill.errors.InputException;
import org.potstill.kernels.Kernels;
import org.potstill.net.StateEntry;
import org.potstill.net.StateLayout;
import org.potstill.random.RandomStream;
import org.potstill.tensor.NamedTensors;
import org.potstill.tensor.Tensors;
import org.potstill.weights.WeightsOf;

/**
 * A latent diffusion model (Rombach et al. 2022): first stage, UNet and, where it has a condition,
 * class embeddings, under the names of the published checkpoints.
 *
 * <p>A function of its weights, which it does not hold. Immutable and safe for use by several
 * threads.
 */
public final class LatentDiffusion {

  private static final String UNET = "model.diffusion_model.";
  private static final String FIRST_STAGE = "first_stage_model.";
  private static final String CLASSES = "cond_stage_model.embedding.weight";

  /** What the schedule of training left in checkpoints; ours is computed. */
  private static final List<String> SCHEDULE =
      List.of(
          "betas",
          "alphas_cumprod",
          "alphas_cumprod_prev",
          "sqrt_alphas_cumprod",
          "sqrt_one_minus_alphas_cumprod",
          "log_one_minus_alphas_cumprod",
          "sqrt_recip_alphas_cumprod",
          "sqrt_recipm1_alphas_cumprod",
          "posterior_variance",
          "posterior_log_variance_clipped",
          "posterior_mean_coef1",
          "posterior_mean_coef2");

  private final LatentSettings settings;
  private final StateLayout layout;
  private final UNet unet;
  private final FirstStage firstStage;
  private final DiffusionSchedule schedule;

  /** A model of some size, by LibTorch's operators alone. */
  public LatentDiffusion(LatentSettings settings) {
    this(settings, null);
  }

  private LatentDiffusion(LatentSettings settings, Kernels kernels) {
    this.settings = settings;
    this.layout = layout(settings, false);
    this.unet = new UNet(settings.unet(), UNET, kernels);
    this.firstStage = new FirstStage(settings.firstStage(), FIRST_STAGE, kernels);
    this.schedule = DiffusionSchedule.published(settings.timesteps());
  }

  /**
   * The same model, whose convolutions {@code kernels} do, and whose latents they quantise,
   * wherever they reach them and LibTorch need not differentiate.
   */
  public LatentDiffusion with(Kernels kernels) {
    return new LatentDiffusion(settings, kernels);
  }

  private static StateLayout layout(LatentSettings settings, boolean zeroLastLayers) {
    StateLayout layout = new StateLayout();
    UNetLayout.add(layout, UNET, settings.unet(), zeroLastLayers);
    VqLayout.add(layout, FIRST_STAGE, settings.firstStage());
    if (settings.classes() > 0) {
      layout.gaussian(CLASSES, settings.classes(), settings.unet().contextWidth());
    }
    return layout;
  }

  /**
   * The model whose checkpoint holds tensors of these shapes. Heads of attention, which shapes do
   * not tell, are those of the published models.
   *
   * @param source where the shapes are from, for messages
   * @throws InputException where the checkpoint lacks a UNet, a first stage, or the embeddings of
   *     the classes that its UNet is told
   */
  public static LatentDiffusion of(Map<String, List<Long>> shapes, String source) {
    UNetSettings unet = UNetSettings.of(shapes, UNET);
    VqSettings firstStage = VqSettings.of(shapes, FIRST_STAGE);
    if (unet == null) {
      throw new InputException(
          source
              + " is not a checkpoint of a latent diffusion model: it has no UNet ("
              + UNET
              + "*)."
              + WeightsOf.hint(shapes.keySet()));
    }
    if (firstStage == null) {
      throw new InputException(
          source
              + " has the UNet of a latent diffusion model, but no first stage ("
              + FIRST_STAGE
              + "*), which makes images of its latents; take a checkpoint that holds both");
    }
    ShapeReader whole = new ShapeReader(shapes, "");
    if (unet.conditional() && whole.size(CLASSES, 0) == 0) {
      throw new InputException(
          source
              + " has a UNet that is told a condition, but no embeddings of classes ("
              + CLASSES
              + "); models of texts or layouts are not read");
    }
    int timesteps = whole.size(SCHEDULE.get(0), 0);
    return new LatentDiffusion(
        new LatentSettings(
            unet,
            firstStage,
            unet.conditional() ? whole.size(CLASSES, 0) : 0,
            timesteps > 1 ? timesteps : LatentSettings.TIMESTEPS));
  }

  /** The model whose checkpoint holds these tensors; see {@link #of(Map, String)}. */
  public static LatentDiffusion of(NamedTensors weights, String source) {
    Map<String, List<Long>> shapes = new LinkedHashMap<>();
    for (String name : weights.names()) {
      long[] shape = Tensors.shape(weights.get(name));
      shapes.put(name, Arrays.stream(shape).boxed().toList());
    }
    return of(shapes, source);
  }

  /**
   * Whether a tensor of a published checkpoint belongs to the model without being needed: the
   * buffers of its schedule, running averages of its weights, what its first stage was trained
   * with.
   */
  public static boolean passesOver(String name) {
    return SCHEDULE.contains(name)
        || name.startsWith("model_ema.")
        || name.startsWith(FIRST_STAGE + "loss.");
  }

  /** The parameters in the order of the published state. */
  public List<StateEntry> state() {
    return layout.entries();
  }

  /**
   * Weights as training starts from them, except that codes are standard normal.
   *
   * @param zeroLastLayers whether the last layers of the UNet's blocks are zero, as training has
   *     them; the UNet then estimates no noise at all. Otherwise they are drawn like the others.
   * @return the caller closes it
   */
  public NamedTensors initialise(RandomStream random, boolean zeroLastLayers) {
    return layout(settings, zeroLastLayers).initialise(random);
  }

  /** Its sizes. */
  public LatentSettings settings() {
    return settings;
  }

  /** Its UNet. */
  public UNet unet() {
    return unet;
  }

  /** Its first stage. */
  public FirstStage firstStage() {
    return firstStage;
  }

  /** Its schedule. */
  public DiffusionSchedule schedule() {
    return schedule;
  }

  /** Whether it has class embeddings. */
  public boolean conditional() {
    return settings.classes() > 0;
  }

  /** The class that stands for no class: the last one. */
  public int noClass() {
    return settings.classes() - 1;
  }

  /**
   * The conditions of classes.
   *
   * @param classes indices below {@link LatentSettings#classes}
   * @return (N, 1, context width)
   */
  public Tensor condition(NamedTensors weights, long[] classes) {
    Tensor result = new Tensor();
    try (PointerScope scope = new PointerScope()) {
      Tensor table = weights.get(CLASSES);
      Tensor rows = Tensors.of(table, classes, classes.length);
      result.put(table.index_select(0, rows).unsqueeze(1));
    }
    return result;
  }
}
