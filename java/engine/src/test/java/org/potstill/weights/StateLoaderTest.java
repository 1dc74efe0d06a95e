package org.potstill.weights;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.potstill.errors.InputException;
import org.potstill.net.Network;
import org.potstill.net.NetworkSpec;
import org.potstill.net.Networks;
import org.potstill.net.Norm;
import org.potstill.net.Pooling;
import org.potstill.net.ScorerResNet18;
import org.potstill.random.Purpose;
import org.potstill.random.RandomStream;
import org.potstill.tensor.LibTorch;
import org.potstill.tensor.NamedTensors;

class StateLoaderTest {

  @TempDir Path folder;

  @BeforeAll
  static void loadLibTorch() {
    LibTorch.load();
  }

  private static Network network() {
    return Networks.create(NetworkSpec.of("convnet", 16, 3, 4).with(2, 8, Norm.BATCH, Pooling.AVG));
  }

  private static NamedTensors initial(Network network) {
    return network.initialise(RandomStream.of(1, Purpose.NETWORK_INITIALISATION, 0, 0));
  }

  private static InputException refused(NamedTensors found, Network network) {
    return assertThrows(
        InputException.class, () -> StateLoader.match(found, network, "weights.pth"));
  }

  @Test
  void aWrittenStateIsReadInTheOrderOfTheNetwork() throws IOException {
    Path file = folder.resolve("state.safetensors");
    try (NamedTensors written = initial(network());
        NamedTensors shuffled = new NamedTensors()) {
      List<String> names = List.copyOf(written.names());
      for (int i = names.size() - 1; i >= 0; i--) {
        shuffled.put("module." + names.get(i), written.get(names.get(i)));
      }
      Safetensors.write(file, shuffled, Map.of());
      try (NamedTensors read = StateLoader.load(file, network())) {
        assertEquals(names, List.copyOf(read.names()));
        for (String name : names) {
          assertTrue(read.get(name).equal(written.get(name)), name);
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"module.", "_orig_mod.", "module._orig_mod.", "model.backbone.", ""})
  void aPrefixThatAllNamesShareIsTakenOff(String prefix) {
    try (NamedTensors written = initial(network());
        NamedTensors wrapped = new NamedTensors()) {
      written.names().forEach(name -> wrapped.put(prefix + name, written.get(name)));
      try (NamedTensors read = StateLoader.match(wrapped, network(), "weights.pth")) {
        assertEquals(List.copyOf(written.names()), List.copyOf(read.names()));
      }
    }
  }

  /** A name that begins like a prefix is none. */
  @Test
  void aSingleTensorIsNotTakenForOneBehindAPrefix() {
    try (NamedTensors written = initial(network());
        NamedTensors found = new NamedTensors()) {
      found.put("classifier.weight", written.get("classifier.weight"));
      String message = refused(found, network()).getMessage();
      assertTrue(message.contains("missing features.0.weight"), message);
      assertFalse(message.contains("not expected"), message);
    }
  }

  @Test
  void halfPrecisionIsWidenedAndMissingCountersAreZero() {
    try (PointerScope scope = new PointerScope();
        NamedTensors full = initial(network());
        NamedTensors half = new NamedTensors()) {
      full.names().stream()
          .filter(name -> !name.endsWith("num_batches_tracked"))
          .forEach(name -> half.put(name, full.get(name).to(torch.ScalarType.Half)));
      try (NamedTensors read = StateLoader.match(half, network(), "weights.pth")) {
        assertEquals(List.copyOf(full.names()), List.copyOf(read.names()));
        assertEquals(torch.ScalarType.Float, read.get("features.0.weight").scalar_type().intern());
        assertEquals(0, read.get("features.1.num_batches_tracked").item_long());
      }
    }
  }

  @Test
  void missingUnexpectedAndMisshapenTensorsAreListed() {
    try (PointerScope scope = new PointerScope();
        NamedTensors found = new NamedTensors();
        NamedTensors whole = initial(network())) {
      for (String name : whole.names()) {
        Tensor tensor = whole.get(name);
        if (name.equals("classifier.bias")) {
          found.put("classifier.offset", tensor);
        } else {
          found.put(name, name.equals("classifier.weight") ? tensor.t() : tensor);
        }
      }
      String message = refused(found, network()).getMessage();
      assertTrue(message.contains("weights.pth"), message);
      assertTrue(message.contains("missing classifier.bias;"), message);
      assertTrue(message.contains("not expected classifier.offset;"), message);
      assertTrue(message.contains("classifier.weight [128, 4] instead of [4, 128]"), message);
    }
  }

  @Test
  void weightsOfAnotherNetworkAreRecognised() {
    Network resnet = Networks.create(NetworkSpec.of("resnet18", 32, 3, 10));
    try (NamedTensors found = initial(resnet)) {
      String message = refused(found, ScorerResNet18.of(3, 10)).getMessage();
      assertTrue(message.contains("looks like resnet18 of the evaluation"), message);
      assertTrue(message.contains("more;"), message);
    }
    try (NamedTensors found = initial(network())) {
      String message = refused(found, ScorerResNet18.of(3, 10)).getMessage();
      assertTrue(message.contains("looks like a convnet"), message);
    }
  }

  @ParameterizedTest
  @ValueSource(doubles = {Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY})
  void weightsThatAreNotFiniteAreRefusedByName(double bad) {
    try (PointerScope scope = new PointerScope();
        NamedTensors found = initial(network())) {
      found.get("features.4.bias").select(0, 3).fill_(new Scalar(bad));
      String message = refused(found, network()).getMessage();
      assertTrue(message.contains("'features.4.bias' holds NaN or infinity"), message);
    }
  }

  /** As a quantised network has: the scales, without which they mean nothing, lie elsewhere. */
  @Test
  void wholeNumbersAreNoWeights() {
    try (PointerScope scope = new PointerScope();
        NamedTensors found = initial(network())) {
      found.put(
          "classifier.weight", found.get("classifier.weight").to(torch.ScalarType.Char).clone());
      String message = refused(found, network()).getMessage();
      assertTrue(message.startsWith("weights.pth: 'classifier.weight' holds whole"), message);
    }
  }
}
