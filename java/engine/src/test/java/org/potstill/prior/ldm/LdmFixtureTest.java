package org.potstill.prior.ldm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.DoubleOptional;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.potstill.fixtures.Closeness;
import org.potstill.fixtures.FixtureFile;
import org.potstill.fixtures.Tolerances;
import org.potstill.kernels.Kernels;
import org.potstill.prior.HostProviders;
import org.potstill.tensor.LibTorch;
import org.potstill.tensor.NamedTensors;
import org.potstill.tensor.Segments;
import org.potstill.tensor.Tensors;

class LdmFixtureTest {

  private static final double MARGIN = 1e-4;
  private static final String SCHEDULE = "alphas_cumprod";
  private static final Pattern IMAGE = Pattern.compile("image\\d+");

  private static LibTorch.ThreadSettings threads;

  @BeforeAll
  static void holdThreads() {
    threads = LibTorch.withThreads(0);
  }

  @AfterAll
  static void restoreThreads() {
    threads.close();
  }

  /** The cases that call kernels. */
  public static final class OnCuda {
    private OnCuda() {}

    public static void main(String[] args) {
      LibTorch.load();
      files().filter(OnCuda::calls).forEach(file -> new LdmFixtureTest().equalsTheReference(file));
      HostProviders.reportCalls();
    }

    private static boolean calls(FixtureFile file) {
      return file.config().has("first_stage");
    }
  }

  @Test
  void cudaKernelsEqualTheReference(@TempDir Path temp) throws Exception {
    HostProviders.runOnCuda(OnCuda.class, temp);
  }

  static Stream<FixtureFile> files() {
    return FixtureFile.group("ldm").stream().filter(file -> !file.has(SCHEDULE));
  }

  /**
   * Every schedule of a file: the whole one, and those of S steps, by what their names begin with.
   */
  static Stream<Arguments> schedules() {
    return FixtureFile.group("ldm").stream()
        .filter(file -> file.has(SCHEDULE))
        .flatMap(
            file ->
                file.names().stream()
                    .map(name -> name.substring(0, name.indexOf('.') + 1))
                    .distinct()
                    .map(steps -> Arguments.of(file, steps)));
  }

  static Stream<String> keyLists() {
    return FixtureFile.names("ldm", ".keys.json").stream();
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("files")
  void equalsTheReference(FixtureFile file) {
    try (PointerScope scope = new PointerScope()) {
      JsonNode keys = FixtureFile.json(file.text("keys").replaceFirst(" .*", ""));
      LatentDiffusion model = LatentDiffusion.of(LdmFill.shapes(keys), file.name());
      try (NamedTensors weights = LdmFill.state(file, keys)) {
        if (file.config().has("first_stage")) {
          firstStage(file, model.firstStage(), weights);
          for (Kernels kernels : HostProviders.all()) {
            firstStage(file, model.with(kernels).firstStage(), weights);
          }
        } else if (file.config().has("unet")) {
          LatentDiffusion headed = withHeads(file, model);
          unet(file, headed.unet(), weights, keys);
          for (Kernels kernels : HostProviders.all()) {
            unet(file, headed.with(kernels).unet(), weights, keys);
          }
        } else if (file.config().has("ddim_steps")) {
          assumeDivides(file.integer("timesteps"), file.integer("ddim_steps"));
          LatentDiffusion timed = withTimesteps(file, model);
          sampler(file, timed, weights);
          for (Kernels kernels : HostProviders.all()) {
            sampler(file, timed.with(kernels), weights);
          }
        } else if (file.has("conditioning")) {
          preparation(file, model, weights);
        } else {
          fail(file + " is of no kind that is known here");
        }
      }
    }
  }

  /** The parameters that we expect, and those that we pass over, are the whole list. */
  @ParameterizedTest(name = "{0}")
  @MethodSource("keyLists")
  void parametersAreThoseOfTheKeyList(String name) {
    Map<String, List<Long>> shapes = LdmFill.shapes(FixtureFile.json(name));
    List<String> expected = new ArrayList<>();
    shapes.forEach(
        (key, shape) -> {
          if (!LatentDiffusion.passesOver(key)) {
            expected.add(key + " " + shape);
          }
        });
    List<String> actual =
        LatentDiffusion.of(shapes, name).state().stream()
            .map(entry -> entry.name() + " " + entry.shape())
            .toList();
    assertEquals(expected, actual);
  }

  @ParameterizedTest(name = "{0} {1}")
  @MethodSource("schedules")
  void schedulesEqualTheReference(FixtureFile file, String prefix) {
    int timesteps = (int) file.shape(SCHEDULE)[0];
    int steps = prefix.isEmpty() ? 1 : Integer.parseInt(prefix.substring(1, prefix.length() - 1));
    assumeDivides(timesteps, steps);
    DiffusionSchedule schedule = DiffusionSchedule.published(timesteps);
    int[] ddim = schedule.ddim(steps);
    for (String name : file.names()) {
      if (!name.substring(0, name.indexOf('.') + 1).equals(prefix)) {
        continue;
      }
      String kind = name.substring(name.indexOf('.') + 1);
      double[] expected = file.doubles(name);
      double[] actual = new double[expected.length];
      int[] visited = prefix.isEmpty() ? new int[expected.length] : ddim;
      assertEquals(expected.length, visited.length, file + " " + name);
      for (int i = 0; i < actual.length; i++) {
        actual[i] =
            switch (kind) {
              case "timesteps" -> visited[i];
              case "alphas" -> schedule.alphaCumprod(visited[i]);
              case "alphas_prev" -> schedule.alphaCumprod(i == 0 ? 0 : visited[i - 1]);
              case "alphas_cumprod" -> schedule.alphaCumprod(i);
              case "betas" -> schedule.beta(i);
              default -> throw new AssertionError(file + " holds '" + name + "', not compared");
            };
      }
      double tolerance = kind.equals("timesteps") ? Tolerances.EXACT : Tolerances.LDM_SCHEDULE;
      Closeness.assertRelative(file + " " + name, expected, actual, tolerance);
    }
  }

  private static void assumeDivides(int timesteps, int steps) {
    assumeTrue(
        timesteps % steps == 0,
        "published schedules of a number of steps that does not divide "
            + timesteps
            + " fail or have more steps than asked for; ours has the first so many of them");
  }

  private static void firstStage(FixtureFile file, FirstStage stage, NamedTensors weights) {
    Tensor z = file.tensor("z").requires_grad_(true);
    Tensor decoded = stage.decode(weights, z);
    Tensor[] inputs = {z};
    Tensor gradient = Tensors.gradients(decoded, file.tensor("upstream"), inputs, false)[0];
    Segments segments = new Segments();
    Tensor inSegments = stage.decode(weights, z, segments);
    Tensor segmentsGradient = segments.gradients(inSegments, file.tensor("upstream"), inputs)[0];
    for (String name : file.names()) {
      switch (name) {
        case "image", "upstream", "margin" -> {}
        case "z" -> network(file, name, stage.encode(weights, file.tensor("image")));
        case "decoded" -> {
          network(file, name, decoded);
          network(file, name, inSegments);
          network(file, name, stage.decode(weights, z.detach()));
        }
        case "decoded_not_quantized" -> network(file, name, stage.decodeAsTheyAre(weights, z));
        case "quantized" -> network(file, name, stage.quantise(weights, z));
        case "z_grad" -> {
          gradient(file, name, gradient, Tolerances.LDM_GRADIENT);
          gradient(file, name, segmentsGradient, Tolerances.LDM_GRADIENT);
        }
        case "indices" -> codes(file, Tensors.toLongs(stage.codes(weights, z)));
        case "commit_loss" -> commitment(file, z, stage.quantise(weights, z));
        default -> fail(file + " holds '" + name + "', which nothing here compares");
      }
    }
  }

  private static void codes(FixtureFile file, long[] actual) {
    long[] expected = file.longs("indices");
    double[] margin = file.doubles("margin");
    assertEquals(expected.length, actual.length);
    for (int i = 0; i < expected.length; i++) {
      if (margin[i] > MARGIN) {
        assertEquals(expected[i], actual[i], file + " index " + i);
      }
    }
  }

  /** 1.25 times the mean squared distance to the codes; only training needs it. */
  private static void commitment(FixtureFile file, Tensor z, Tensor quantised) {
    Tensor loss = torch.mse_loss(quantised, z).mul(new Scalar(1.25));
    network(file, "commit_loss", loss.reshape(1));
  }

  private static void unet(FixtureFile file, UNet unet, NamedTensors weights, JsonNode keys) {
    assertEquals(file.config().get("unet").path("context_dim").asInt(), unetContext(unet));
    Tensor x = file.tensor("x").requires_grad_(true);
    boolean conditional = file.has("context");
    Tensor context = conditional ? file.tensor("context").requires_grad_(true) : null;
    long[] timesteps = file.longs("t");
    Tensor out = unet.noise(weights, x, timesteps, context);
    Tensor[] inputs = conditional ? new Tensor[] {x, context} : new Tensor[] {x};
    Tensor[] gradients = Tensors.gradients(out, file.tensor("upstream"), inputs, false);
    Segments segments = new Segments();
    Tensor inSegments = unet.noise(weights, x, timesteps, context, segments);
    Tensor[] segmentsGradients = segments.gradients(inSegments, file.tensor("upstream"), inputs);
    for (String name : file.names()) {
      switch (name) {
        case "x", "t", "context", "upstream" -> {}
        case "out" -> {
          network(file, name, out);
          network(file, name, inSegments);
        }
        case "x_grad" -> {
          gradient(file, name, gradients[0], Tolerances.LDM_GRADIENT);
          gradient(file, name, segmentsGradients[0], Tolerances.LDM_GRADIENT);
        }
        case "context_grad" -> {
          gradient(file, name, gradients[1], Tolerances.LDM_GRADIENT);
          gradient(file, name, segmentsGradients[1], Tolerances.LDM_GRADIENT);
        }
        case "out_sinefill" -> {
          try (NamedTensors sine = LdmFill.state(keys, "sine", LdmFill.gain(file));
              NoGradGuard plain = new NoGradGuard()) {
            largest(
                file, name, unet.noise(sine, x, timesteps, context), Tolerances.LDM_OUTPUT_SINE);
          }
        }
        default -> fail(file + " holds '" + name + "', which nothing here compares");
      }
    }
  }

  /** With the attention heads of the config, which the shapes of the weights do not tell. */
  private static LatentDiffusion withHeads(FixtureFile file, LatentDiffusion model) {
    JsonNode unet = file.config().get("unet");
    int width = unet.path("num_head_channels").asInt(0);
    UNetSettings.Heads heads =
        new UNetSettings.Heads(width > 0 ? 0 : unet.path("num_heads").asInt(1), width);
    LatentSettings found = model.settings();
    UNetSettings sizes = found.unet();
    UNetSettings.Heads published =
        sizes.conditional() ? UNetSettings.Heads.ONE : UNetSettings.Heads.OF_32;
    if (heads.equals(published)) {
      assertEquals(published, sizes.heads(), file.name());
    }
    return new LatentDiffusion(
        new LatentSettings(
            new UNetSettings(
                sizes.latentChannels(),
                sizes.channels(),
                sizes.levels(),
                sizes.resBlocks(),
                sizes.contextWidth(),
                heads),
            found.firstStage(),
            found.classes(),
            found.timesteps()));
  }

  private static int unetContext(UNet unet) {
    return unet.settings().contextWidth();
  }

  private static LatentDiffusion withTimesteps(FixtureFile file, LatentDiffusion model) {
    LatentSettings settings = model.settings();
    return new LatentDiffusion(
        new LatentSettings(
            settings.unet(), settings.firstStage(), settings.classes(), file.integer("timesteps")));
  }

  private static void sampler(FixtureFile file, LatentDiffusion model, NamedTensors weights) {
    LatentSampler sampler =
        new LatentSampler(
            model, file.integer("ddim_steps"), file.number("unconditional_guidance_scale"));
    assertEquals(0, file.number("eta"), file + ": ours is the deterministic sampler");
    boolean conditional = !file.config().get("ffhq").asBoolean();
    assertEquals(conditional, model.conditional());
    LatentSampler.Inputs inputs =
        new LatentSampler.Inputs(
            file.tensor(conditional ? "f_latents" : "latents"),
            conditional ? file.tensor("latents") : null,
            file.tensor("noise"));
    steps(file, model, sampler, weights, inputs);
    Tensor images = sampler.images(weights, inputs).requires_grad_(true);
    Tensor shown = shown(file, images);
    Closeness.assertShape(file, "image", shown);
    Closeness.assertMaxAbsolute(
        file + " image", file.doubles("image"), Closeness.doubles(shown), Tolerances.LD3M_IMAGE);
    Tensor imageGradient =
        Tensors.gradients(shown, file.tensor("upstream"), new Tensor[] {images}, false)[0];
    LatentSampler.Gradients found = sampler.pullBack(weights, inputs, imageGradient);
    if (conditional) {
      gradient(file, "latents_grad", found.condition(), Tolerances.LD3M_GRADIENT);
      gradient(file, "f_latents_grad", found.start(), Tolerances.LD3M_GRADIENT);
    } else {
      gradient(file, "latents_grad", found.start(), Tolerances.LD3M_GRADIENT);
    }
  }

  private static void steps(
      FixtureFile file,
      LatentDiffusion model,
      LatentSampler sampler,
      NamedTensors weights,
      LatentSampler.Inputs inputs) {
    List<Tensor> latents = sampler.latents(weights, inputs);
    Tensor anchor = model.firstStage().quantise(weights, inputs.start());
    for (int step = 0; step < sampler.steps(); step++) {
      LatentSampler.Step found =
          sampler.step(weights, step, latents.get(step), anchor, inputs.condition());
      largest(file, "step" + step + ".pred_x0", found.clean(), Tolerances.LD3M_STEP);
      largest(file, "step" + step + ".x_prev", latents.get(step + 1), Tolerances.LD3M_STEP);
    }
    assertTrue(!file.has("step" + sampler.steps() + ".x_prev"), file + " holds more steps");
  }

  /**
   * Resized without antialiasing, which the space never needs, then as the space shows them, or
   * from 0 to 1 where the reference was told not to normalise.
   */
  private static Tensor shown(FixtureFile file, Tensor images) {
    long side = file.integer("res");
    Tensor resized =
        images.size(2) == side
            ? images
            : torch.upsample_bilinear2d(
                images, new long[] {side, side}, false, new DoubleOptional(), new DoubleOptional());
    Tensor clamped =
        resized
            .add(new Scalar(1))
            .div(new Scalar(2))
            .clamp(new ScalarOptional(new Scalar(0)), new ScalarOptional(new Scalar(1)));
    return file.config().get("ldm_normalize").asBoolean()
        ? clamped.sub(perChannel(file, "config_mean")).div(perChannel(file, "config_std"))
        : clamped;
  }

  private static Tensor perChannel(FixtureFile file, String key) {
    JsonNode values = file.config().get(key);
    float[] channels = new float[values.size()];
    for (int c = 0; c < channels.length; c++) {
      channels[c] = (float) values.get(c).asDouble();
    }
    return Tensors.of(channels, 1, channels.length, 1, 1);
  }

  private static void preparation(FixtureFile file, LatentDiffusion model, NamedTensors weights) {
    JsonNode map = file.config().get("class_map_inv");
    long[] labels = file.longs("label_syn");
    long[] classes = new long[labels.length];
    TensorVector images = new TensorVector();
    for (int i = 0; i < labels.length; i++) {
      classes[i] = map.get(String.valueOf(labels[i])).asLong();
      images.push_back(file.tensor("image" + labels[i]));
    }
    for (String name : file.names()) {
      if (IMAGE.matcher(name).matches()) {
        continue;
      }
      switch (name) {
        case "labels", "label_syn" -> {}
        case "conditioning" ->
            largest(
                file,
                name,
                model.condition(weights, file.longs("labels")),
                Tolerances.LDM_PREPARATION);
        case "latents" ->
            largest(file, name, model.condition(weights, classes), Tolerances.LDM_PREPARATION);
        case "f_latents" ->
            largest(
                file,
                name,
                model.firstStage().encode(weights, torch.cat(images, 0)),
                Tolerances.LDM_PREPARATION);
        default -> fail(file + " holds '" + name + "', which nothing here compares");
      }
    }
  }

  private static void network(FixtureFile file, String name, Tensor actual) {
    largest(file, name, actual, Tolerances.LDM_OUTPUT);
  }

  private static void largest(FixtureFile file, String name, Tensor actual, double tolerance) {
    Closeness.assertShape(file, name, actual);
    Closeness.assertOfLargest(
        file + " " + name, file.doubles(name), Closeness.doubles(actual), tolerance);
  }

  private static void gradient(FixtureFile file, String name, Tensor actual, double tolerance) {
    Closeness.assertShape(file, name, actual);
    Closeness.assertRelativeL2(
        file + " " + name, file.doubles(name), Closeness.doubles(actual), tolerance);
  }
}
