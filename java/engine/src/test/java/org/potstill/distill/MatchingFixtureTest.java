package org.potstill.distill;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.potstill.fixtures.Closeness;
import org.potstill.fixtures.FixtureFile;
import org.potstill.fixtures.Tolerances;
import org.potstill.kernels.GradientDistance;
import org.potstill.kernels.KernelProviders;
import org.potstill.kernels.Kernels;
import org.potstill.tensor.LibTorch;

/** Every matching loss of the fixtures with every kernel provider that can run here. */
class MatchingFixtureTest {

  private static final int THREADS = 2;
  private static final List<String> METRICS = List.of("ours", "mse", "cos");

  @BeforeAll
  static void loadLibTorch() {
    LibTorch.load();
  }

  /** Those for buffers in host memory. */
  private static List<Kernels> providers() {
    LibTorch.load();
    return KernelProviders.all(THREADS).stream()
        .filter(kernels -> kernels.isAvailable() && !kernels.name().equals("cuda"))
        .toList();
  }

  @Test
  void everyFileIsOfAKindThatIsCompared() {
    for (FixtureFile file : FixtureFile.group("matching")) {
      List<String> metrics =
          file.names().stream()
              .filter(name -> name.endsWith(".loss"))
              .map(name -> name.substring(0, name.indexOf('.')))
              .toList();
      assertTrue(METRICS.containsAll(metrics), file + " holds losses of " + metrics);
      boolean gradients = file.config().has("order") && !metrics.isEmpty();
      assertTrue(file.has("syn") != gradients, file + " is of no kind that is known here");
    }
  }

  static Stream<Arguments> features() {
    return FixtureFile.group("matching").stream()
        .filter(file -> file.has("syn"))
        .flatMap(file -> providers().stream().map(p -> Arguments.of(file, p.name(), p)));
  }

  @ParameterizedTest(name = "{0} {1}")
  @MethodSource("features")
  void featureMeanEqualsTheReference(FixtureFile file, String name, Kernels kernels) {
    int classes = (int) file.shape("real")[0];
    long[] realOffsets = offsets(classes, file.shape("real")[1]);
    long[] syntheticOffsets = offsets(classes, file.shape("syn")[0] / classes);
    double[] perClass = new double[classes];
    try (PointerScope scope = new PointerScope()) {
      Tensor synthetic = file.tensor("syn");
      Tensor gradient = torch.empty_like(synthetic);
      double loss =
          kernels.featureMean(
              file.tensor("real").data_ptr_float(),
              realOffsets,
              synthetic.data_ptr_float(),
              syntheticOffsets,
              synthetic.size(1),
              perClass,
              gradient.data_ptr_float());
      Closeness.assertRelative(
          file + " loss", file.doubles("loss"), new double[] {loss}, Tolerances.MATCHING_LOSS);
      Closeness.assertRelative(
          file + " per class", file.doubles("per_class_loss"), perClass, Tolerances.MATCHING_LOSS);
      Closeness.assertOfLargest(
          file + " gradient",
          file.doubles("syn_grad"),
          Closeness.doubles(gradient),
          Tolerances.MATCHING_GRADIENT);
    }
  }

  private static long[] offsets(int classes, long each) {
    long[] offsets = new long[classes + 1];
    Arrays.setAll(offsets, c -> c * each);
    return offsets;
  }

  static Stream<Arguments> gradients() {
    return FixtureFile.group("matching").stream()
        .filter(file -> file.config().has("order"))
        .flatMap(
            file ->
                METRICS.stream()
                    .filter(metric -> file.has(metric + ".loss"))
                    .flatMap(
                        metric ->
                            providers().stream()
                                .map(p -> Arguments.of(file, metric, p.name(), p))));
  }

  @ParameterizedTest(name = "{0} {1} {2}")
  @MethodSource("gradients")
  void gradientMatchEqualsTheReference(
      FixtureFile file, String metric, String provider, Kernels kernels) {
    List<String> names = new ArrayList<>();
    for (JsonNode name : file.config().get("order")) {
      names.add(name.asText());
    }
    assertTrue(!names.isEmpty());
    try (PointerScope scope = new PointerScope()) {
      List<Tensor> found = new ArrayList<>();
      List<long[]> shapes = new ArrayList<>();
      List<FloatPointer> real = new ArrayList<>();
      List<FloatPointer> synthetic = new ArrayList<>();
      for (String name : names) {
        shapes.add(file.shape("gw_syn." + name));
        real.add(file.tensor("gw_real." + name).data_ptr_float());
        synthetic.add(file.tensor("gw_syn." + name).data_ptr_float());
        found.add(file.tensor("gw_syn." + name).clone());
      }
      double loss =
          kernels.gradientMatch(
              distance(metric),
              shapes,
              real,
              synthetic,
              found.stream().map(Tensor::data_ptr_float).toList());
      assertLoss(file, metric, loss, rows(shapes));
      for (int i = 0; i < names.size(); i++) {
        Closeness.assertOfLargest(
            file + " " + metric + " " + names.get(i),
            file.doubles(metric + ".grad." + names.get(i)),
            Closeness.doubles(found.get(i)),
            Tolerances.MATCHING_GRADIENT);
      }
    }
  }

  static GradientDistance distance(String metric) {
    return switch (metric) {
      case "ours" -> GradientDistance.LAYERWISE;
      case "mse" -> GradientDistance.MSE;
      case "cos" -> GradientDistance.COSINE;
      default -> throw new IllegalArgumentException(metric);
    };
  }

  /** Rows whose cosine counts: those of tensors with two or four dimensions. */
  private static long rows(List<long[]> shapes) {
    return shapes.stream().filter(s -> s.length == 2 || s.length == 4).mapToLong(s -> s[0]).sum();
  }

  /**
   * The layer-wise reference rounds {@code 1 - cos} of every row to float32, which is coarse where
   * the gradients are close: half a unit in the last place of 1 a row is allowed on top.
   */
  private static void assertLoss(FixtureFile file, String metric, double loss, long rows) {
    double expected = file.scalar(metric + ".loss");
    double allowed =
        switch (metric) {
          case "ours" ->
              Tolerances.MATCHING_LOSS * Math.abs(expected) + rows * Tolerances.FLOAT_ROUNDING;
          case "cos" -> Tolerances.MATCHING_LOSS;
          default -> Tolerances.MATCHING_LOSS * Math.abs(expected);
        };
    Closeness.assertMaxAbsolute(
        file + " " + metric, new double[] {expected}, new double[] {loss}, allowed);
  }
}
