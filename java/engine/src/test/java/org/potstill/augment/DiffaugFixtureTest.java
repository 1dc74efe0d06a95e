package org.potstill.augment;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.potstill.fixtures.Closeness;
import org.potstill.fixtures.FixtureFile;
import org.potstill.fixtures.Tolerances;
import org.potstill.tensor.LibTorch;
import org.potstill.tensor.Tensors;

/** Every augmented batch of the fixtures and every gradient through one. */
class DiffaugFixtureTest {

  private static final Pattern OUTPUT = Pattern.compile("((batch|sample)\\.s\\d+)\\.output");

  @BeforeAll
  static void loadLibTorch() {
    LibTorch.load();
  }

  static Stream<Arguments> cases() {
    List<Arguments> cases = new ArrayList<>();
    for (FixtureFile file : FixtureFile.group("diffaug")) {
      assertTrue(
          file.has("input") || file.names().stream().anyMatch(OUTPUT.asMatchPredicate()),
          file + " holds no output");
      for (String tensor : file.names()) {
        Matcher matcher = OUTPUT.matcher(tensor);
        if (matcher.matches()) {
          cases.add(Arguments.of(file, matcher.group(1)));
        }
      }
    }
    return cases.stream();
  }

  @ParameterizedTest(name = "{0} {1}")
  @MethodSource("cases")
  void imagesAndGradientsEqualTheReference(FixtureFile file, String name) {
    assumeTrue(
        file.config().at("/ParamDiffAug/aug_mode").asText().equals("S"),
        "ours applies one operation of the strategy at a time");
    SiameseAugmentation augmentation =
        SiameseAugmentation.of(file.text("strategy"), strength(file));
    AugmentDraw draw = augmentation.isNone() ? AugmentDraw.NOTHING : draw(file, name);
    double tolerance = tolerance(draw.operation());
    String what = file + " " + name;
    FixtureFile given = FixtureFile.open(file.text("input"));
    try (PointerScope scope = new PointerScope()) {
      Tensor images = given.tensor("input").requires_grad_(true);
      Tensor output = augmentation.apply(images, draw);
      Closeness.assertShape(file, name + ".output", output);
      Closeness.assertMaxAbsolute(
          what, file.doubles(name + ".output"), Closeness.doubles(output), tolerance);
      if (file.has(name + ".input_grad")) {
        Tensor gradient =
            Tensors.gradients(output, given.tensor("upstream"), new Tensor[] {images}, false)[0];
        Closeness.assertMaxAbsolute(
            what, file.doubles(name + ".input_grad"), Closeness.doubles(gradient), tolerance);
      }
    }
  }

  /** The draws of the file; in batch mode the reference uses the first sample's for all. */
  private static AugmentDraw draw(FixtureFile file, String name) {
    String[] words = file.text("strategy").split("_", -1);
    int chosen = (int) file.longs(name + ".draw0")[0];
    AugmentOperation operation = AugmentOperation.valueOf(words[chosen].toUpperCase(Locale.ROOT));
    List<float[]> values = new ArrayList<>();
    for (int i = 1; file.has(name + ".draw" + i); i++) {
      float[] numbers = file.floats(name + ".draw" + i);
      values.add(name.startsWith("batch") ? new float[] {numbers[0]} : numbers);
    }
    assertFalse(values.isEmpty(), name + " has no draws");
    return new AugmentDraw(operation, values);
  }

  private static AugmentParameters strength(FixtureFile file) {
    JsonNode given = file.config().get("ParamDiffAug");
    return new AugmentParameters(
        given.get("prob_flip").asDouble(),
        given.get("ratio_scale").asDouble(),
        given.get("ratio_rotate").asDouble(),
        given.get("ratio_crop_pad").asDouble(),
        given.get("ratio_cutout").asDouble(),
        given.get("brightness").asDouble(),
        given.get("saturation").asDouble(),
        given.get("contrast").asDouble());
  }

  private static double tolerance(AugmentOperation operation) {
    if (operation == null) {
      return Tolerances.EXACT;
    }
    return switch (operation) {
      case COLOR -> Tolerances.AUGMENT_COLOUR;
      case CROP, CUTOUT, FLIP -> Tolerances.EXACT;
      case SCALE, ROTATE -> Tolerances.AUGMENT_AFFINE;
    };
  }
}
