package org.potstill.prior.ldm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.DoubleOptional;
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
import org.junit.jupiter.params.provider.MethodSource;
import org.potstill.fixtures.Closeness;
import org.potstill.fixtures.FixtureFile;
import org.potstill.fixtures.LeftBehind;
import org.potstill.fixtures.Tolerances;
import org.potstill.kernels.Kernels;
import org.potstill.prior.HostProviders;
import org.potstill.tensor.LibTorch;
import org.potstill.tensor.NamedTensors;
import org.potstill.tensor.Tensors;

class LdmFixtureTest {

  private static final double MARGIN = 1e-4;

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
    return FixtureFile.group("ldm").stream();
  }

  static Stream<String> keyLists() {
    return FixtureFile.names("ldm", ".keys.json").stream();
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("files")
  void equalsTheReference(FixtureFile file) {
    try (PointerScope scope = new PointerScope()) {
      if (file.has("alphas_cumprod")) {
        schedule(file);
        return;
      }
      JsonNode keys = FixtureFile.json(file.text("keys").replaceFirst(" .*", ""));
      LatentDiffusion model = LatentDiffusion.of(LdmFill.shapes(keys), file.name());
      try (NamedTensors weights = LdmFill.state(keys, file.config().path("fill").asText("hash"))) {
        if (file.config().has("first_stage")) {
          firstStage(file, model.firstStage(), weights);
          for (Kernels kernels : HostProviders.all()) {
            firstStage(file, model.with(kernels).firstStage(), weights);
          }
        } else if (file.config().has("unet")) {
          unet(file, model.unet(), weights, keys);
        } else if (file.config().has("ddim_steps")) {
          sampler(file, keys, weights);
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

  private static void schedule(FixtureFile file) {
    DiffusionSchedule schedule = DiffusionSchedule.published((int) file.shape("alphas_cumprod")[0]);
    for (String name : file.names()) {
      if (LeftBehind.reason(file, name).isPresent()) {
        continue;
      }
      String kind = name.substring(name.indexOf('.') + 1);
      double[] expected = file.doubles(name);
      double[] actual = new double[expected.length];
      int[] visited =
          name.startsWith("S")
              ? schedule.ddim(Integer.parseInt(name.substring(1, name.indexOf('.'))))
              : new int[expected.length];
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

  private static void firstStage(FixtureFile file, FirstStage stage, NamedTensors weights) {
    Tensor z = file.tensor("z").requires_grad_(true);
    Tensor decoded = stage.decode(weights, z);
    Tensor gradient =
        Tensors.gradients(decoded, file.tensor("upstream"), new Tensor[] {z}, false)[0];
    for (String name : file.names()) {
      switch (name) {
        case "image", "upstream", "margin" -> {}
        case "z" -> network(file, name, stage.encode(weights, file.tensor("image")));
        case "decoded" -> network(file, name, decoded);
        case "decoded_not_quantized" -> network(file, name, stage.decodeAsTheyAre(weights, z));
        case "quantized" -> network(file, name, stage.quantise(weights, z));
        case "z_grad" -> gradient(file, name, gradient, Tolerances.LDM_GRADIENT);
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
    for (String name : file.names()) {
      switch (name) {
        case "x", "t", "context", "upstream" -> {}
        case "out" -> network(file, name, out);
        case "x_grad" -> gradient(file, name, gradients[0], Tolerances.LDM_GRADIENT);
        case "context_grad" -> gradient(file, name, gradients[1], Tolerances.LDM_GRADIENT);
        case "out_sinefill" -> {
          try (NamedTensors sine = LdmFill.state(keys, "sine")) {
            largest(
                file, name, unet.noise(sine, x, timesteps, context), Tolerances.LDM_OUTPUT_SINE);
          }
        }
        default -> fail(file + " holds '" + name + "', which nothing here compares");
      }
    }
  }

  private static int unetContext(UNet unet) {
    return unet.settings().contextWidth();
  }

  private static void sampler(FixtureFile file, JsonNode keys, NamedTensors weights) {
    LatentSettings settings = LatentDiffusion.of(LdmFill.shapes(keys), file.name()).settings();
    LatentDiffusion model =
        new LatentDiffusion(
            new LatentSettings(
                settings.unet(),
                settings.firstStage(),
                settings.classes(),
                file.integer("timesteps")));
    LatentSampler sampler =
        new LatentSampler(
            model, file.integer("ddim_steps"), file.number("unconditional_guidance_scale"));
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

  /** Resized without antialiasing, which the space never needs, then as the space shows them. */
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
    return clamped.sub(perChannel(file, "config_mean")).div(perChannel(file, "config_std"));
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
      switch (name) {
        case "labels", "label_syn", "image0", "image1" -> {}
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
