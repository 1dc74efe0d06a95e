package org.potstill.distill;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.potstill.net.Network;
import org.potstill.net.NetworkSpec;
import org.potstill.net.Networks;
import org.potstill.net.Norm;
import org.potstill.net.Pooling;
import org.potstill.net.StateEntry;
import org.potstill.run.Fingerprint;
import org.potstill.tensor.LibTorch;
import org.potstill.tensor.NamedTensors;
import org.potstill.tensor.Placement;
import org.potstill.tensor.Tensors;

class ExpertLibraryTest {

  private static final int EXPERTS = 3;
  private static final int MAX_START_EPOCH = 4;
  private static final int EXPERT_EPOCHS = 2;
  private static final int ITERATIONS = 200;

  @TempDir Path folder;

  @BeforeAll
  static void load() {
    LibTorch.load();
  }

  /** Every parameter of an expert is 100 times its number plus the epoch. */
  private ExpertFile expert(Network network, int number) {
    Path file = folder.resolve(number + ".safetensors");
    try (PointerScope scope = new PointerScope();
        NamedTensors snapshots = new NamedTensors()) {
      for (int epoch = 0; epoch < MAX_START_EPOCH + EXPERT_EPOCHS; epoch++) {
        for (StateEntry entry : network.state()) {
          Tensor values =
              torch.full(entry.dimensions(), new Scalar(100.0 * number + epoch), Tensors.float32());
          snapshots.put(ExpertFile.tensorName(epoch, entry.name()), values);
        }
      }
      ExpertFile.write(file, snapshots, Fingerprint.of(new TreeMap<>(Map.of("run.seed", "1"))));
    }
    return ExpertFile.open(file);
  }

  private static int value(NamedTensors parameters, Network network) {
    try (PointerScope scope = new PointerScope()) {
      return (int) Tensors.toFloats(parameters.get(network.parameterNames().get(0)))[0];
    }
  }

  /** Where the students of all iterations start. */
  private static List<Integer> starts(ExpertLibrary library, Network network) {
    List<Integer> starts = new ArrayList<>();
    for (int iteration = 1; iteration <= ITERATIONS; iteration++) {
      try (ExpertSegment segment = library.segment(iteration)) {
        int start = value(segment.start(), network);
        assertEquals(start + EXPERT_EPOCHS, value(segment.target(), network));
        starts.add(start);
      }
    }
    return starts;
  }

  @Test
  void studentsStartAtEveryExpertAndEveryEpochBelowTheBound() {
    Network network =
        Networks.create(NetworkSpec.of("convnet", 8, 1, 2).with(1, 4, Norm.INSTANCE, Pooling.AVG));
    List<ExpertFile> experts = new ArrayList<>();
    Set<Integer> possible = new HashSet<>();
    for (int number = 0; number < EXPERTS; number++) {
      experts.add(expert(network, number));
      for (int epoch = 0; epoch < MAX_START_EPOCH; epoch++) {
        possible.add(100 * number + epoch);
      }
    }
    List<Integer> first = starts(library(experts, network, 1), network);
    assertEquals(possible, new HashSet<>(first));
    assertEquals(first, starts(library(experts, network, 1), network));
    assertNotEquals(first, starts(library(experts, network, 2), network));
  }

  private static ExpertLibrary library(List<ExpertFile> experts, Network network, long seed) {
    return new ExpertLibrary(experts, network, MAX_START_EPOCH, EXPERT_EPOCHS, seed, Placement.CPU);
  }
}
