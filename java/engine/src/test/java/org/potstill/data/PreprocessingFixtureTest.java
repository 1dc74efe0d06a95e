package org.potstill.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.potstill.config.DataConfig.Resize;
import org.potstill.fixtures.Closeness;
import org.potstill.fixtures.FixtureFile;
import org.potstill.fixtures.Tolerances;

/** Every tensor and picture of the group preprocessing. */
class PreprocessingFixtureTest {

  private static final int SCORER_RESOLUTION = 224;

  /** {@code imagenet_32_antialias_sub8}: resolution, kind of resize, which values. */
  private static final Pattern DISTILL =
      Pattern.compile("imagenet_(\\d+)(_antialias)?(?:_(sub(\\d+)|sum))?");

  private static final Pattern SCORER = Pattern.compile("scorer_(\\d+)_(sub(\\d+)|sum)");
  private static final Pattern GEOMETRY = Pattern.compile("(resized_size|crop_top_left)_(\\d+)");

  static Stream<FixtureFile> files() {
    return FixtureFile.group("preprocessing").stream();
  }

  @ParameterizedTest
  @MethodSource("files")
  void everyTensorEqualsReference(FixtureFile file) throws Exception {
    if (!file.config().has("image")) {
      assertConstants(file);
      return;
    }
    RawImage image = image(file.text("image"));
    assertEquals(file.integer("W"), image.width());
    assertEquals(file.integer("H"), image.height());
    Set<String> unknown = new TreeSet<>();
    for (String tensor : file.names()) {
      if (!compare(file, tensor, image)) {
        unknown.add(tensor);
      }
    }
    assertTrue(unknown.isEmpty(), () -> "tensors that no comparison knows: " + unknown);
  }

  private static boolean compare(FixtureFile file, String tensor, RawImage image) {
    if (tensor.equals("image_chw")) {
      assertArrayEquals(file.floats(tensor), planes(image));
      return true;
    }
    return compareDistill(file, tensor, image)
        || compareScorer(file, tensor, image)
        || compareGeometry(file, tensor, image);
  }

  private static boolean compareDistill(FixtureFile file, String tensor, RawImage image) {
    Matcher name = DISTILL.matcher(tensor);
    if (!name.matches()) {
      return false;
    }
    Resize resize = name.group(2) == null ? Resize.REFERENCE : Resize.ANTIALIAS;
    int resolution = Integer.parseInt(name.group(1));
    ImageTransform transform = ImageTransforms.distill(Normalisation.IMAGENET, resolution, resize);
    float[] actual = transform.apply(image);
    assertValues(file, tensor, actual, resolution, name.group(3), Tolerances.PREPROCESSED);
    return true;
  }

  private static boolean compareScorer(FixtureFile file, String tensor, RawImage image) {
    Matcher name = SCORER.matcher(tensor);
    if (!name.matches()) {
      return false;
    }
    int resolution = Integer.parseInt(name.group(1));
    float[] actual = ImageTransforms.scorer(Normalisation.IMAGENET, resolution).apply(image);
    assertValues(file, tensor, actual, resolution, name.group(2), Tolerances.SCORER_INPUT);
    return true;
  }

  private static boolean compareGeometry(FixtureFile file, String tensor, RawImage image) {
    Matcher name = GEOMETRY.matcher(tensor);
    if (!name.matches()) {
      return false;
    }
    int resolution = Integer.parseInt(name.group(2));
    int shorter = Math.min(image.width(), image.height());
    long height = CentreCrop.resized(image.height(), shorter, resolution);
    long width = CentreCrop.resized(image.width(), shorter, resolution);
    long[] actual =
        name.group(1).equals("resized_size")
            ? new long[] {height, width}
            : new long[] {
              CentreCrop.offset((int) height, resolution),
              CentreCrop.offset((int) width, resolution)
            };
    assertArrayEquals(file.longs(tensor), actual, tensor);
    return true;
  }

  private static void assertValues(
      FixtureFile file, String tensor, float[] actual, int side, String part, double tolerance) {
    String what = file + " " + tensor;
    double[] expected = file.doubles(tensor);
    if (part == null) {
      Closeness.assertMaxAbsolute(what, expected, doubles(actual), tolerance);
    } else if (part.equals("sum")) {
      Closeness.assertRelative(what, expected, sums(actual), Tolerances.PREPROCESSED_SUM);
    } else {
      int step = Integer.parseInt(part.substring("sub".length()));
      // The manifest: output[:, 3::8, 5::8] of the distiller's, output[:, ::7, ::7] of the
      // scorer's.
      boolean distill = tensor.startsWith("imagenet");
      double[] sampled = sampled(actual, side, step, distill ? 3 : 0, distill ? 5 : 0);
      Closeness.assertMaxAbsolute(what, expected, sampled, tolerance);
    }
  }

  @ParameterizedTest
  @MethodSource("files")
  void scorerPictureEqualsReferenceToTheByte(FixtureFile file) throws Exception {
    assumeTrue(file.config().has("image"), "holds constants, no image");
    String stem = file.name().replace(".safetensors", "");
    String picture = stem + "_scorer_resized_" + SCORER_RESOLUTION + ".png";
    RawImage expected = image(picture);
    RawImage actual =
        PillowResize.resize(image(file.text("image")), expected.width(), expected.height());
    assertArrayEquals(expected.pixels(), actual.pixels());
  }

  private static void assertConstants(FixtureFile file) {
    Set<String> unknown = new TreeSet<>(file.names());
    for (String part : List.of("mean", "std")) {
      double[] expected = file.doubles("imagenet_" + part);
      List<Double> ours =
          part.equals("mean") ? Normalisation.IMAGENET.mean() : Normalisation.IMAGENET.std();
      for (int c = 0; c < expected.length; c++) {
        assertEquals(expected[c], ours.get(c).floatValue(), 0);
      }
      unknown.remove("imagenet_" + part);
      // Ours normalises generated images and CIFAR-10 with what the data set is normalised with.
      unknown.remove("config_" + part);
      unknown.remove("cifar10_" + part);
    }
    if (!unknown.isEmpty()) {
      fail("constants that no comparison knows: " + unknown);
    }
  }

  private static RawImage image(String name) throws IOException, BadImageException {
    byte[] bytes = Files.readAllBytes(FixtureFile.root().resolve(name));
    return ImageDecoder.decode(name, bytes, Long.MAX_VALUE);
  }

  private static float[] planes(RawImage image) {
    int plane = image.width() * image.height();
    float[] planes = new float[plane * image.channels()];
    for (int i = 0; i < image.pixels().length; i++) {
      planes[i % image.channels() * plane + i / image.channels()] =
          Byte.toUnsignedInt(image.pixels()[i]);
    }
    return planes;
  }

  private static double[] doubles(float[] values) {
    double[] result = new double[values.length];
    for (int i = 0; i < values.length; i++) {
      result[i] = values[i];
    }
    return result;
  }

  private static double[] sums(float[] values) {
    double[] sums = new double[2];
    for (float value : values) {
      sums[0] += value;
      sums[1] += (double) value * value;
    }
    return sums;
  }

  private static double[] sampled(float[] values, int side, int step, int top, int left) {
    List<Double> sampled = new ArrayList<>();
    for (int c = 0; c < values.length / (side * side); c++) {
      for (int y = top; y < side; y += step) {
        for (int x = left; x < side; x += step) {
          sampled.add((double) values[(c * side + y) * side + x]);
        }
      }
    }
    return sampled.stream().mapToDouble(Double::doubleValue).toArray();
  }
}
