package org.potstill.net;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.potstill.fixtures.Closeness;
import org.potstill.fixtures.FixtureFile;
import org.potstill.fixtures.Tolerances;
import org.potstill.kernels.CpuKernels;
import org.potstill.tensor.LibTorch;
import org.potstill.tensor.NamedTensors;
import org.potstill.tensor.Tensors;

class NetworksFixtureTest {

  private static final String SAMPLE_GRADIENT = "input_grad_sample";

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
    return FixtureFile.group("networks").stream().filter(file -> file.config().has("keys"));
  }

  @Test
  void everyFileWithoutACaseIsAnInput() {
    FixtureFile.group("networks").stream()
        .filter(file -> !file.config().has("keys"))
        .forEach(file -> assertTrue(file.has("input") && file.has("labels"), file.name()));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void outputsAndGradientsEqualTheReference(FixtureFile file) {
    try (PointerScope scope = new PointerScope();
        NamedTensors state = file.state()) {
      FixtureFile source = source(file);
      Tensor input = source.tensor("input").requires_grad_(true);
      Network network = PublishedNetworks.of(file, input);
      assertStateEquals(file, network);
      Tensor logits = network.logits(state, input, pass(file)).value();
      Tensor losses = crossEntropy(logits, source.tensor("labels"));
      Tensor gradient = Tensors.gradients(losses.mean(), null, new Tensor[] {input}, false)[0];
      for (String name : file.names()) {
        compare(file, name, network, state, input, logits, losses, gradient);
      }
      compareWithoutGradients(file, network, state, input.detach());
      Network faster = network.with(new CpuKernels(2));
      compareWithoutGradients(file, faster, state, input.detach());
      compareOnce(file, faster, state, input.detach(), source.tensor("labels"));
    }
  }

  /** The pass that is differentiated once may be the network's own. */
  private static void compareOnce(
      FixtureFile file, Network network, NamedTensors state, Tensor input, Tensor labels) {
    Backpropagation way =
        Backpropagation.of(
            network,
            state,
            input,
            pass(file),
            Backpropagation.Output.LOGITS,
            Backpropagation.Wanted.INPUT);
    compareOutput(file, "logits", way.output().value());
    Backpropagation.Descent found = way.descend(logits -> crossEntropy(logits, labels).mean());
    if (file.has("loss")) {
      compareLoss(file, "loss", Closeness.doubles(found.loss()));
    }
    Tensor gradient = found.gradients().get(0);
    for (String name : file.names()) {
      if (name.equals("input_grad")) {
        compareGradient(file, name, gradient);
      } else if (name.startsWith(SAMPLE_GRADIENT)) {
        int sample = Integer.parseInt(name.substring(SAMPLE_GRADIENT.length()));
        compareGradient(file, name, gradient.select(0, sample).unsqueeze(0));
      }
    }
  }

  /** The pass without gradients may take another way through memory. */
  private static void compareWithoutGradients(
      FixtureFile file, Network network, NamedTensors state, Tensor input) {
    compareOutput(file, "logits", network.logits(state, input, pass(file)).value());
    if (file.has("embed")) {
      compareOutput(file, "embed", network.embed(state, input, pass(file)).value());
    }
  }

  private static FixtureFile source(FixtureFile file) {
    return file.has("input") ? file : FixtureFile.open(file.text("input"));
  }

  private static Pass pass(FixtureFile file) {
    return switch (file.text("mode")) {
      case "eval" -> Pass.EVAL;
      case "train" -> Pass.TRAIN;
      default -> throw new IllegalStateException("mode " + file.text("mode"));
    };
  }

  private static void assertStateEquals(FixtureFile file, Network network) {
    List<String> expected = new ArrayList<>();
    for (JsonNode entry : FixtureFile.json(file.text("keys")).get("entries")) {
      boolean counter = entry.get("dtype").asText().equals("int64");
      String shape = entry.get("shape").toString().replace(",", ", ");
      expected.add(entry.get("name").asText() + " " + shape + (counter ? " counter" : ""));
    }
    List<String> actual = new ArrayList<>();
    for (StateEntry entry : network.state()) {
      boolean counter = entry.kind() == StateEntry.Kind.COUNTER;
      actual.add(entry.name() + " " + entry.shape() + (counter ? " counter" : ""));
    }
    assertEquals(expected, actual, file.name());
  }

  private static void compare(
      FixtureFile file,
      String name,
      Network network,
      NamedTensors state,
      Tensor input,
      Tensor logits,
      Tensor losses,
      Tensor gradient) {
    switch (name) {
      case "input", "labels" -> {}
      case "logits" -> compareOutput(file, name, logits);
      case "embed" -> compareOutput(file, name, network.embed(state, input, pass(file)).value());
      case "per_sample_loss" -> compareLoss(file, name, Closeness.doubles(losses));
      case "loss" -> compareLoss(file, name, Closeness.doubles(losses.mean()));
      case "input_grad" -> compareGradient(file, name, gradient);
      default -> {
        if (!name.startsWith(SAMPLE_GRADIENT)) {
          fail(file + " holds '" + name + "', which nothing here compares");
        }
        int sample = Integer.parseInt(name.substring(SAMPLE_GRADIENT.length()));
        compareGradient(file, name, gradient.select(0, sample).unsqueeze(0));
      }
    }
  }

  private static boolean hash(FixtureFile file) {
    return file.text("fill").equals("hash");
  }

  private static void compareOutput(FixtureFile file, String name, Tensor actual) {
    Closeness.assertShape(file, name, actual);
    Closeness.assertOfMaximum(
        file + " " + name,
        file.doubles(name),
        Closeness.doubles(actual),
        hash(file) ? Tolerances.NETWORK_OUTPUT_HASH : Tolerances.NETWORK_OUTPUT_SINE);
  }

  private static void compareLoss(FixtureFile file, String name, double[] actual) {
    Closeness.assertRelative(
        file + " " + name,
        file.doubles(name),
        actual,
        hash(file) ? Tolerances.NETWORK_LOSS_HASH : Tolerances.NETWORK_LOSS_SINE);
  }

  private static void compareGradient(FixtureFile file, String name, Tensor actual) {
    Closeness.assertShape(file, name, actual);
    double[] expected = file.doubles(name);
    assertTrue(Arrays.stream(expected).anyMatch(value -> value != 0), file + " " + name);
    Closeness.assertRelativeL2(
        file + " " + name, expected, Closeness.doubles(actual), Tolerances.NETWORK_INPUT_GRADIENT);
  }

  /** -log softmax at the label, per sample. */
  static Tensor crossEntropy(Tensor logits, Tensor labels) {
    return torch.log_softmax(logits, 1).gather(1, labels.view(-1, 1)).view(-1).neg();
  }
}
