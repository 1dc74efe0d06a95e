package org.potstill.net;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.potstill.fixtures.Closeness;
import org.potstill.fixtures.FixtureFile;
import org.potstill.fixtures.FixtureFill;
import org.potstill.fixtures.Tolerances;
import org.potstill.kernels.CpuKernels;
import org.potstill.tensor.LibTorch;
import org.potstill.tensor.NamedTensors;
import org.potstill.tensor.Tensors;

class ScorerFixtureTest {

  /** An input that is not stored is named by its side. */
  private static final Pattern SIDE = Pattern.compile("_(\\d+)\\.safetensors$");

  private static final int MOST_ENTRIES = 100_000;

  private static LibTorch.ThreadSettings threads;

  @BeforeAll
  static void holdThreads() {
    threads = LibTorch.withThreads(0);
  }

  @AfterAll
  static void restoreThreads() {
    threads.close();
  }

  static Stream<FixtureFile> cases() {
    return FixtureFile.group("scorer").stream().filter(file -> file.config().has("keys"));
  }

  @Test
  void everyFileWithoutACaseIsAnInput() {
    FixtureFile.group("scorer").stream()
        .filter(file -> !file.config().has("keys"))
        .forEach(file -> assertTrue(file.has("labels"), file.name()));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void theStateIsThatOfTorchvision(FixtureFile file) {
    List<String> expected = new ArrayList<>();
    for (JsonNode entry : FixtureFile.json(file.text("keys")).get("entries")) {
      expected.add(
          entry.get("name").asText() + " " + entry.get("shape").toString().replace(",", ", "));
    }
    List<String> actual =
        network(file).state().stream().map(entry -> entry.name() + " " + entry.shape()).toList();
    assertEquals(expected, actual);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void logitsAndLossesEqualTheReference(FixtureFile file) {
    try (PointerScope scope = new PointerScope();
        NamedTensors state = file.state()) {
      compare(file, network(file), state);
    }
  }

  /** As a scoring runs: with weights in either order, by LibTorch's operators and by kernels. */
  @ParameterizedTest
  @MethodSource("cases")
  void foldedLogitsAndLossesEqualTheReference(FixtureFile file) {
    ScorerResNet18 network = ScorerResNet18.folded(3, classes(file));
    List<torch.MemoryFormat> orders =
        List.of(torch.MemoryFormat.Contiguous, torch.MemoryFormat.ChannelsLast);
    for (torch.MemoryFormat order : orders) {
      try (PointerScope scope = new PointerScope();
          NoGradGuard guard = new NoGradGuard();
          NamedTensors state = file.state();
          NamedTensors folded = ScorerResNet18.fold(state, torch.ScalarType.Float, order)) {
        assertEquals(
            network.state().stream().map(StateEntry::name).sorted().toList(),
            folded.names().stream().sorted().toList());
        compare(file, network, folded);
        compare(file, network.with(new CpuKernels(2)), folded);
      }
    }
  }

  private static ScorerResNet18 network(FixtureFile file) {
    return ScorerResNet18.of(3, classes(file));
  }

  private static int classes(FixtureFile file) {
    return Math.toIntExact(file.shape("logits")[1]);
  }

  private static void compare(FixtureFile file, Network network, NamedTensors state) {
    FixtureFile source = FixtureFile.open(file.text("input"));
    Tensor labels = source.tensor("labels");
    Tensor logits = network.logits(state, input(source), Pass.EVAL).value();
    Closeness.assertShape(file, "logits", logits);
    Closeness.assertOfLargest(
        file + " logits",
        file.doubles("logits"),
        Closeness.doubles(logits),
        Tolerances.SCORER_LOGITS);
    Closeness.assertOfMaximum(
        file + " loss",
        file.doubles("loss"),
        Closeness.doubles(NetworksFixtureTest.crossEntropy(logits, labels)),
        Tolerances.SCORER_LOSS);
  }

  /** The stored input, or the one that the manifest's formula gives. */
  private static Tensor input(FixtureFile source) {
    if (source.has("input")) {
      return source.tensor("input");
    }
    Matcher name = SIDE.matcher(source.name());
    assertTrue(name.find(), source.name());
    int side = Integer.parseInt(name.group(1));
    int count = Math.toIntExact(source.shape("labels")[0]);
    float[] start = source.floats("input_first_256");
    int entry = entry(start[0]);
    float[] values = new float[count * 3 * side * side];
    double sum = 0;
    for (int i = 0; i < values.length; i++) {
      values[i] = value(entry, i);
      sum += values[i];
    }
    assertArrayEquals(start, Arrays.copyOf(values, start.length));
    assertEquals(source.scalar("input_sum"), sum, 1e-6 * values.length);
    return Tensors.of(values, count, 3, side, side);
  }

  /** The entry of the hash that an input was made of, which only its values tell. */
  private static int entry(float first) {
    return IntStream.range(0, MOST_ENTRIES)
        .filter(entry -> value(entry, 0) == first)
        .findFirst()
        .orElseThrow();
  }

  private static float value(int entry, int index) {
    return (float) (2 * FixtureFill.hash(entry, index));
  }
}
