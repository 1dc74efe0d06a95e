package org.potstill.prior;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.potstill.errors.InputException;
import org.potstill.fixtures.Closeness;
import org.potstill.fixtures.FixtureFile;
import org.potstill.fixtures.Tolerances;
import org.potstill.kernels.Kernels;
import org.potstill.prior.ldm.LatentDiffusion;
import org.potstill.tensor.LibTorch;
import org.potstill.tensor.NamedTensors;
import org.potstill.tensor.Tensors;
import org.potstill.weights.CheckpointReader;

class StyleGanFixtureTest {

  private static final Pattern FEATURES = Pattern.compile("to_f(\\d+)");
  private static final Pattern FROM = Pattern.compile("from_f(\\d+)\\.img");
  private static final Pattern FULL = Pattern.compile("stylegan/full_.*?(\\d+)\\.keys\\.json");

  private static LibTorch.ThreadSettings threads;

  @BeforeAll
  static void holdThreads() {
    threads = LibTorch.withThreads(0);
  }

  @AfterAll
  static void restoreThreads() {
    threads.close();
  }

  /** The cases that call kernels, one generator among them. */
  public static final class OnCuda {
    private OnCuda() {}

    public static void main(String[] args) {
      LibTorch.load();
      files()
          .filter(OnCuda::calls)
          .forEach(file -> new StyleGanFixtureTest().equalsTheReference(file));
      HostProviders.reportCalls();
    }

    private static boolean calls(FixtureFile file) {
      return file.name().contains("filtered_lrelu")
          || file.name().contains("upfirdn2d")
          || file.name().contains("plain_uncond");
    }
  }

  @Test
  void cudaKernelsEqualTheReference(@TempDir Path temp) throws Exception {
    HostProviders.runOnCuda(OnCuda.class, temp);
  }

  static Stream<FixtureFile> files() {
    return FixtureFile.group("stylegan").stream();
  }

  static Stream<String> keyLists() {
    return FixtureFile.names("stylegan", ".keys.json").stream();
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("files")
  void equalsTheReference(FixtureFile file) {
    try (PointerScope scope = new PointerScope()) {
      if (file.config().has("keys")) {
        generator(file);
      } else if (file.has("filter0")) {
        lowPassFilters(file);
      } else if (file.has("demod.y")) {
        modulatedConvolutions(file);
      } else if (file.name().contains("filtered_lrelu")) {
        ResamplingFixtures.filteredLeakyRelus(file);
      } else if (file.name().contains("upfirdn2d")) {
        ResamplingFixtures.upFirDns(file);
      } else if (file.names().contains("mapping.w_avg")) {
        pickledGenerator(file);
      } else {
        fail(file + " holds nothing that is compared here");
      }
    }
  }

  /** The generator in a published pickle; its tensors are compared where pickles are read. */
  private static void pickledGenerator(FixtureFile file) {
    Path pickle = FixtureFile.root().resolve(file.name().replace("_expected.safetensors", ".pkl"));
    Map<String, String> settings = CheckpointReader.settings(pickle);
    try (NamedTensors state = CheckpointReader.state(pickle)) {
      StyleGan generator = StyleGan.of(state, pickle.toString());
      assertEquals(settings.get("img_resolution"), String.valueOf(generator.imageSize()));
      assertEquals(settings.get("c_dim"), String.valueOf(generator.classes()));
      assertEquals(settings.get("mapping.z_dim"), String.valueOf(generator.zDim()));
      assertEquals(settings.get("num_ws"), String.valueOf(generator.latents()));
      InputException error =
          assertThrows(InputException.class, () -> LatentDiffusion.of(state, pickle.toString()));
      assertTrue(error.getMessage().contains("It looks like a StyleGAN"), error.getMessage());
    }
  }

  @Test
  void aCheckpointOfAnotherPriorIsNamed() {
    Optional<String> other =
        FixtureFile.names("ldm", ".keys.json").stream()
            .filter(name -> name.contains("/model_"))
            .findFirst();
    assumeTrue(other.isPresent(), "the fixtures have no ldm/model_*.keys.json");
    Map<String, long[]> shapes = StyleGanKeys.shapes(FixtureFile.json(other.get()));
    InputException error =
        assertThrows(InputException.class, () -> StyleGanShapes.read(shapes, "model.ckpt"));
    assertTrue(error.getMessage().contains("It looks like a latent diffusion"), error.getMessage());
  }

  private static void lowPassFilters(FixtureFile file) {
    for (int i = 0; file.has("filter" + i); i++) {
      double[] arguments = file.doubles("args" + i);
      float[] filter =
          LowPassFilter.design(
              (int) arguments[0], arguments[1], arguments[2], arguments[3], arguments[4] != 0);
      double[] actual = new double[filter.length];
      for (int j = 0; j < filter.length; j++) {
        actual[j] = filter[j];
      }
      Closeness.assertMaxAbsolute(
          file + " " + i, file.doubles("filter" + i), actual, Tolerances.STYLEGAN_FILTER);
    }
  }

  private static void modulatedConvolutions(FixtureFile file) {
    for (String name : List.of("demod", "nodemod")) {
      boolean demodulate = name.equals("demod");
      Tensor x = file.tensor("x").requires_grad_(true);
      Tensor w = file.tensor("w").requires_grad_(true);
      Tensor s = file.tensor("s").requires_grad_(true);
      Tensor gain = demodulate ? file.tensor("input_gain") : torch.ones();
      // Only the demodulated case was padded.
      Tensor padded =
          ModulatedConvolution.apply(x, ModulatedConvolution.scaled(w, s, demodulate, gain));
      Tensor y = cropped(padded, file.shape(name + ".y"));
      compareOperator(file, name + ".y", y);
      Tensor[] gradients =
          Tensors.gradients(y, file.tensor(name + ".upstream"), new Tensor[] {x, w, s}, false);
      compareOperator(file, name + ".grad_x", gradients[0]);
      compareOperator(file, name + ".grad_w", gradients[1]);
      compareOperator(file, name + ".grad_s", gradients[2]);
    }
  }

  /** The middle of an image, of the last two lengths of {@code shape}. */
  private static Tensor cropped(Tensor image, long[] shape) {
    long rows = image.size(2) - shape[2];
    long columns = image.size(3) - shape[3];
    return image.narrow(2, rows / 2, shape[2]).narrow(3, columns / 2, shape[3]);
  }

  static void compareOperator(FixtureFile file, String name, Tensor actual) {
    Closeness.assertShape(file, name, actual);
    Closeness.assertOfLargest(
        file + " " + name,
        file.doubles(name),
        Closeness.doubles(actual),
        Tolerances.STYLEGAN_OPERATOR);
  }

  private static void generator(FixtureFile file) {
    try (NamedTensors state = StyleGanFill.state(file)) {
      StyleGan generator = StyleGan.of(state, file.name());
      assertEquals(file.integer("num_ws"), generator.latents());
      assertEquals(file.integer("img_resolution"), generator.imageSize());
      List<String> names = generator.synthesisLayers().stream().map(SynthesisLayer::name).toList();
      assertEquals(file.config().get("layer_names").toString(), json(names));
      designedFiltersEqualTheStored(file);
      mapping(file, generator, state);
      wholeImage(file, generator, state);
      for (String name : file.names()) {
        Matcher features = FEATURES.matcher(name);
        if (features.matches()) {
          int layer = Integer.parseInt(features.group(1));
          compareOutput(file, name, generator.toFeatures(state, file.tensor("ws_in"), layer));
        }
        Matcher from = FROM.matcher(name);
        if (from.matches()) {
          fromFeatures(file, generator, state, Integer.parseInt(from.group(1)));
        }
      }
    }
  }

  private static String json(List<String> names) {
    return "[\"" + String.join("\",\"", names) + "\"]";
  }

  private static void designedFiltersEqualTheStored(FixtureFile file) {
    for (SynthesisPlan.Filtered filtered : SynthesisPlan.of(StyleGanKeys.config(file))) {
      compareFilter(file, filtered.layer().entry("up_filter"), filtered.upFilter());
      compareFilter(file, filtered.layer().entry("down_filter"), filtered.downFilter());
    }
  }

  private static void compareFilter(FixtureFile file, String name, float[] taps) {
    if (taps.length == 0) {
      assertTrue(!file.has("buf." + name), name);
      return;
    }
    double[] actual = new double[taps.length];
    for (int i = 0; i < taps.length; i++) {
      actual[i] = taps[i];
    }
    Closeness.assertMaxAbsolute(
        file + " " + name, file.doubles("buf." + name), actual, Tolerances.STYLEGAN_FILTER);
  }

  private static void mapping(FixtureFile file, StyleGan generator, NamedTensors state) {
    Tensor classes = file.has("c") ? file.tensor("c").argmax(new LongOptional(1), false) : null;
    Tensor ws = generator.mapping(state, file.tensor("z"), classes, 1);
    compareLatents(file, "ws", ws);
    if (file.has("ws_trunc07")) {
      Tensor truncated = generator.mapping(state, file.tensor("z"), classes, 0.7);
      compareLatents(file, "ws_trunc07", truncated.select(1, 0));
    }
  }

  private static void compareLatents(FixtureFile file, String name, Tensor actual) {
    Closeness.assertShape(file, name, actual);
    Closeness.assertOfLargest(
        file + " " + name,
        file.doubles(name),
        Closeness.doubles(actual),
        Tolerances.STYLEGAN_LATENT);
  }

  private static void wholeImage(FixtureFile file, StyleGan generator, NamedTensors state) {
    Tensor ws = file.tensor("ws_in").requires_grad_(true);
    Tensor image = generator.images(state, ws);
    compareOutput(file, "img", image);
    Tensor gradient =
        Tensors.gradients(image, file.tensor("upstream"), new Tensor[] {ws}, false)[0];
    compareGradient(file, "ws_grad", gradient);
  }

  private static void fromFeatures(
      FixtureFile file, StyleGan generator, NamedTensors state, int layer) {
    String prefix = "from_f" + layer + ".";
    Tensor ws = file.tensor("ws_in").requires_grad_(true);
    Tensor features = file.tensor(prefix + "f_in").requires_grad_(true);
    Tensor image = generator.fromFeatures(state, ws, features, layer);
    compareOutput(file, prefix + "img", image);
    Tensor upstream = file.tensor("upstream");
    Tensor[] gradients = Tensors.gradients(image, upstream, new Tensor[] {ws, features}, false);
    compareGradient(file, prefix + "ws_grad", gradients[0]);
    compareGradient(file, prefix + "f_grad", gradients[1]);
    StyleGan.Gradients pulled =
        generator.pullBack(state, ws.detach(), features.detach(), layer, upstream);
    compareGradient(file, prefix + "ws_grad", pulled.latents());
    compareGradient(file, prefix + "f_grad", pulled.features());
    for (Kernels kernels : HostProviders.all()) {
      StyleGan quick = generator.with(kernels);
      Tensor made = quick.fromFeatures(state, ws.detach(), features.detach(), layer);
      compareOutput(file, prefix + "img", made);
      StyleGan.Gradients found =
          quick.pullBack(state, ws.detach(), features.detach(), layer, upstream);
      compareGradient(file, prefix + "ws_grad", found.latents());
      compareGradient(file, prefix + "f_grad", found.features());
    }
  }

  private static void compareOutput(FixtureFile file, String name, Tensor actual) {
    Closeness.assertShape(file, name, actual);
    Closeness.assertOfLargest(
        file + " " + name,
        file.doubles(name),
        Closeness.doubles(actual),
        Tolerances.STYLEGAN_OUTPUT);
  }

  private static void compareGradient(FixtureFile file, String name, Tensor actual) {
    Closeness.assertShape(file, name, actual);
    Closeness.assertRelativeL2(
        file + " " + name,
        file.doubles(name),
        Closeness.doubles(actual),
        Tolerances.STYLEGAN_GRADIENT);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("keyLists")
  void keyListsEqualTheLayout(String name) {
    JsonNode keys = FixtureFile.json(name);
    Matcher full = FULL.matcher(name);
    StyleGanConfig config =
        full.matches()
            ? StyleGanKeys.fullConfig(keys, Integer.parseInt(full.group(1)))
            : StyleGanKeys.config(
                FixtureFile.open(name.replace(".keys.json", "_hash.safetensors")));
    assertEquals(
        StyleGanKeys.lines(StyleGanKeys.shapes(keys)),
        StyleGanKeys.lines(StyleGan.layout(config)),
        name);
    StyleGan generator = StyleGanShapes.read(StyleGanKeys.shapes(keys), name);
    assertEquals(config.classes(), generator.classes());
    assertEquals(config.zDim(), generator.zDim());
    assertEquals(config.imageSize(), generator.imageSize());
    if (keys.has("layers")) {
      assertEquals(keys.get("num_ws").asInt(), generator.latents());
      assertEquals(keys.get("layers").size(), generator.layers());
      for (int i = 0; i < generator.layers(); i++) {
        compareLayer(keys.get("layers").get(i), generator.synthesisLayers().get(i));
      }
    }
  }

  private static void compareLayer(JsonNode expected, SynthesisLayer layer) {
    String name = expected.get("name").asText();
    assertEquals(name, layer.name());
    assertEquals(expected.get("in_size").asInt(), layer.inSize(), name);
    assertEquals(expected.get("out_size").asInt(), layer.outSize(), name);
    assertEquals(expected.get("in_channels").asInt(), layer.inChannels(), name);
    assertEquals(expected.get("out_channels").asInt(), layer.outChannels(), name);
    assertEquals(expected.get("up").asInt(), layer.up(), name);
    assertEquals(expected.get("down").asInt(), layer.down(), name);
    assertEquals(expected.get("up_taps").asInt(), layer.taps(layer.up()), name);
    assertEquals(expected.get("padding").get(0).asInt(), layer.paddingBefore(), name);
    assertEquals(expected.get("padding").get(1).asInt(), layer.paddingAfter(), name);
    assertEquals(expected.get("is_torgb").asBoolean(), layer.toRgb(), name);
  }
}
