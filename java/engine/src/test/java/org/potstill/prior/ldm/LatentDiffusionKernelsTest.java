package org.potstill.prior.ldm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.potstill.kernels.CpuKernels;
import org.potstill.random.Purpose;
import org.potstill.random.RandomStream;
import org.potstill.tensor.LibTorch;
import org.potstill.tensor.NamedTensors;
import org.potstill.tensor.Segments;
import org.potstill.tensor.Tensors;

/** A diffusion model whose convolutions go to the kernel against the same by LibTorch alone. */
class LatentDiffusionKernelsTest {

  private static final int SIDE = 16;

  private static LatentDiffusion model;
  private static LatentDiffusion quick;
  private static NamedTensors weights;

  @BeforeAll
  static void draw() {
    LibTorch.load();
    model = new LatentDiffusion(LatentSettings.random(3, 32, 32));
    quick = model.with(new CpuKernels(2));
    RandomStream random = RandomStream.of(5, Purpose.PRIOR_INITIALISATION, 0, 0);
    weights = model.initialise(random, false);
  }

  @AfterAll
  static void close() {
    weights.close();
  }

  private static Tensor gaussian(long index, int count, int channels, int side) {
    float[] values = new float[count * channels * side * side];
    RandomStream.of(6, Purpose.PRIOR_NOISE, 0, index).fillGaussian(values, 0, 1);
    return Tensors.of(values, count, channels, side, side);
  }

  @Test
  void convolutionsOfTheDecoderAreCuts() {
    VqSettings sizes = model.settings().firstStage();
    int residuals = 2 + sizes.multipliers().size() * (sizes.resBlocks() + 1);
    try (PointerScope scope = new PointerScope()) {
      Tensor latents = gaussian(0, 1, 3, SIDE).requires_grad_(true);
      Segments plain = new Segments();
      model.firstStage().decode(weights, latents, plain);
      assertEquals(0, plain.size());
      Segments segments = new Segments();
      quick.firstStage().decode(weights, latents, segments);
      // What a residual block takes, and its two convolutions; those of the upsamplings.
      assertEquals(3 * residuals + sizes.multipliers().size() - 1, segments.size());
    }
  }

  @Test
  void imagesAndGradientsAreThoseOfLibTorch() {
    try (PointerScope scope = new PointerScope()) {
      LatentSampler.Inputs inputs =
          new LatentSampler.Inputs(gaussian(1, 2, 3, SIDE), null, gaussian(2, 2, 3, SIDE));
      LatentSampler slow = new LatentSampler(model, 2, 1);
      LatentSampler fast = new LatentSampler(quick, 2, 1);
      Tensor images = slow.images(weights, inputs);
      assertClose("images", images, fast.images(weights, inputs));
      Tensor upstream = gaussian(3, 2, 3, Math.toIntExact(images.size(2)));
      assertClose(
          "gradient",
          slow.pullBack(weights, inputs, upstream).start(),
          fast.pullBack(weights, inputs, upstream).start());
    }
  }

  /** Single precision in another order, through some forty convolutions. */
  private static void assertClose(String name, Tensor expected, Tensor found) {
    double size = expected.norm().item_double();
    double error = found.sub(expected).norm().item_double();
    assertTrue(size > 0 && error <= 1e-3 * size, name + " is " + error + " off, of " + size);
  }
}
