package org.potstill.distill;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.potstill.config.Config;
import org.potstill.config.ConfigLoader;
import org.potstill.config.PriorConfig;
import org.potstill.data.Dataset;
import org.potstill.data.Normalisation;
import org.potstill.data.PatternDataset;
import org.potstill.fixtures.Closeness;
import org.potstill.kernels.JavaKernels;
import org.potstill.random.Purpose;
import org.potstill.random.RandomStream;
import org.potstill.run.CancellationToken;
import org.potstill.run.RunContext;
import org.potstill.run.RunListener;
import org.potstill.tensor.NamedTensors;
import org.potstill.tensor.Placement;
import org.potstill.tensor.Tensors;

class GladPriorTest extends GladTests {

  @Test
  void chunkHardlyChangesTheResult() {
    tiny.iterations = 1;
    double[] three = values(run("three"));
    tiny.prior = random(14, 1);
    double[] one = values(run("one"));
    Closeness.assertOfMaximum("images", three, one, 1e-4);
  }

  private static double[] values(Path run) {
    float[] pixels = TinyRun.pixels(run, DistilledSet.FILE);
    return IntStream.range(0, pixels.length).mapToDouble(i -> pixels[i]).toArray();
  }

  private static PriorUse use(int channels, int resolution, int chunk) {
    return new PriorUse(
        PriorConfig.Init.RANDOM,
        null,
        "",
        5,
        channels,
        resolution,
        PriorConfig.Normalised.DATA,
        chunk);
  }

  @Test
  void pullBackIsTheDerivativeOfTheImages() {
    PriorConfig prior = random(9, 2);
    GladSettings settings =
        new GladSettings(use(3, 12, 2), prior.channelBase(), prior.channelMax(), 9);
    try (GladPrior glad =
            GladPrior.exact(settings, Normalisation.IMAGENET, new JavaKernels(), Placement.CPU);
        NamedTensors gradients = new NamedTensors();
        PointerScope scope = new PointerScope()) {
      long[] map = glad.generator().featureShape(9);
      Tensor w = gaussian(0, 3, glad.generator().latents(), glad.generator().wDim());
      Tensor f = gaussian(1, 3, map[0], map[1], map[2]);
      Tensor up = gaussian(2, 3, 3, 12, 12);
      glad.pullBack(w, f, up, new String[] {"w", "f"}, gradients);
      for (String name : List.of("w", "f")) {
        Tensor direction = gradients.get(name);
        double step = 1e-2 / direction.norm().item_float();
        Tensor moved = direction.mul(new Scalar(step));
        Tensor ahead =
            name.equals("w") ? glad.images(w.add(moved), f) : glad.images(w, f.add(moved));
        Tensor behind =
            name.equals("w") ? glad.images(w.sub(moved), f) : glad.images(w, f.sub(moved));
        double change = ahead.sub(behind).mul(up).sum().item_float() / (2 * step);
        double square = direction.square().sum().item_float();
        assertEquals(1, change / square, 2e-2, name);
      }
    }
  }

  private static Tensor gaussian(int index, long... shape) {
    long size = Arrays.stream(shape).reduce(1, (a, b) -> a * b);
    float[] values = new float[Math.toIntExact(size)];
    RandomStream.of(7, Purpose.DROPOUT, 0, index).fillGaussian(values, 0, 1);
    return Tensors.of(values, shape);
  }

  @Test
  void tensorsAreGivenBack() {
    GladSettings settings = new GladSettings(use(1, 16, 2), 64, 4, 9);
    try (GladPrior glad =
        GladPrior.exact(
            settings,
            new Normalisation(List.of(0.5), List.of(0.25)),
            new JavaKernels(),
            Placement.CPU)) {
      long before = 0;
      long bytes = 0;
      for (int i = 0; i < 60; i++) {
        step(glad);
        if (i == 20) {
          before = Pointer.totalCount();
          bytes = Pointer.totalBytes();
        }
      }
      // One lost in every step would be forty more.
      assertTrue(Pointer.totalCount() <= before + 4, before + " " + Pointer.totalCount());
      assertTrue(Pointer.totalBytes() <= bytes + 4096, bytes + " " + Pointer.totalBytes());
    }
  }

  /** The codes that the mean of a class is taken over would add up over a thousand classes. */
  @Test
  void ofTheMeanCodeOfAClassNothingElseIsLeft() {
    Config config =
        ConfigLoader.of(
            "data.source=builtin:fashion-mnist-mini",
            "distill.space=glad",
            "distill.prior.codes=mean");
    RunContext context = new RunContext(null, RunListener.SILENT, new CancellationToken(), 1, 1);
    GladSettings settings = new GladSettings(use(1, 16, 2), 64, 4, 9);
    try (GladPrior glad =
            GladPrior.exact(
                settings,
                new Normalisation(List.of(0.5), List.of(0.25)),
                new JavaKernels(),
                Placement.CPU);
        Dataset data = new PatternDataset(16, 1, 1, "a", "b");
        PointerScope scope = new PointerScope();
        NoGradGuard guard = new NoGradGuard()) {
      GladStart start = GladStart.of(glad, config, data, context);
      start.meanCode(0);
      long before = Pointer.totalCount();
      for (int i = 1; i <= 10; i++) {
        assertEquals(1, start.meanCode(i).size(0));
      }
      assertTrue(Pointer.totalCount() <= before + 10, before + " " + Pointer.totalCount());
    }
  }

  private static void step(GladPrior glad) {
    try (PointerScope scope = new PointerScope();
        NamedTensors gradients = new NamedTensors()) {
      long[] map = glad.generator().featureShape(9);
      Tensor w = gaussian(0, 3, glad.generator().latents(), glad.generator().wDim());
      Tensor f = gaussian(1, 3, map[0], map[1], map[2]);
      Tensor images = glad.images(w, f);
      glad.pullBack(w, f, torch.ones_like(images), new String[] {"w", "f"}, gradients);
    }
  }

  @Test
  void chunkIsWhatFitsHalfOfTheMemory() {
    GladSettings asked = new GladSettings(use(1, 16, Integer.MAX_VALUE), 64, 4, 9);
    Normalisation normalisation = new Normalisation(List.of(0.5), List.of(0.25));
    try (GladPrior fitted =
        GladPrior.fitted(asked, normalisation, new JavaKernels(), Placement.CPU)) {
      long bytes = fitted.generator().pullBackBytes(9);
      assertEquals(
          MemoryChunks.images(Integer.MAX_VALUE, bytes, Placement.CPU),
          fitted.settings().use().chunk());
      assertTrue(fitted.settings().use().chunk() < Integer.MAX_VALUE);
    }
    try (GladPrior exact =
        GladPrior.exact(asked, normalisation, new JavaKernels(), Placement.CPU)) {
      assertEquals(Integer.MAX_VALUE, exact.settings().use().chunk());
    }
    try (GladPrior ten =
        GladPrior.fitted(asked.withChunk(10), normalisation, new JavaKernels(), Placement.CPU)) {
      assertEquals(10, ten.settings().use().chunk());
    }
  }
}
