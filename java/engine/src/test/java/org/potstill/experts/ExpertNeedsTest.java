package org.potstill.experts;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.potstill.config.Config;
import org.potstill.data.Dataset;
import org.potstill.data.Datasets;
import org.potstill.distill.DistillingNetwork;
import org.potstill.net.Network;
import org.potstill.net.TrainingMemory;
import org.potstill.prune.PruneStage;
import org.potstill.testing.TinyConfig;

class ExpertNeedsTest {

  private static final long PIXELS = 28 * 28;

  @TempDir Path temp;

  private Config config(String... settings) throws IOException {
    List<String> all =
        new ArrayList<>(
            List.of(
                "data.validation-share=0.1",
                "distill.method=mtt",
                "distill.network.depth=1",
                "distill.network.width=64",
                "distill.trajectory.max-start-epoch=1",
                "distill.trajectory.expert-epochs=1",
                "experts.count=4",
                "experts.epochs=2"));
    all.addAll(List.of(settings));
    return TinyConfig.load(temp, temp.resolve("run"), all.toArray(String[]::new));
  }

  private static Dataset data(Config config) {
    return Datasets.open(config.data(), config.run().seed());
  }

  private ExpertNeeds needs(String... settings) throws IOException {
    Config config = config(settings);
    try (Dataset data = data(config)) {
      return ExpertNeeds.of(config, data);
    }
  }

  /** Unlike the CPU, which takes it in parts, as {@code BatchGradients} does. */
  @Test
  void onAGpuOneIsTrainedAtATimeByWholeBatches() throws IOException {
    Config config = config("experts.batch=100");
    try (Dataset data = data(config)) {
      long coreSet = PruneStage.expectedSize(config.prune(), data);
      assertTrue(coreSet > 100, coreSet + " images");
      Network network = DistillingNetwork.of(config.distill().network(), data);
      long expected = TrainingMemory.bytes(network, 100, PIXELS) + coreSet * PIXELS * Float.BYTES;
      assertEquals(expected, ExpertNeeds.of(config, data).gpuBytes());
      assertEquals(expected, needs("experts.batch=100", "run.threads=4").gpuBytes());
      long all = TrainingMemory.bytes(network, coreSet, PIXELS) + coreSet * PIXELS * Float.BYTES;
      assertEquals(all, needs("experts.batch=100000").gpuBytes());
    }
  }

  @Test
  void onTheCpuAsManyAsThereAreThreadsAreTrainedAtATime() throws IOException {
    long one = needs("run.threads=1").memoryBytes();
    long two = needs("run.threads=2").memoryBytes();
    long three = needs("run.threads=3").memoryBytes();
    assertTrue(two > one, one + ", " + two);
    assertEquals(two - one, three - two);
    long ofAll = needs("run.threads=4").memoryBytes();
    assertEquals(ofAll, needs("run.threads=9").memoryBytes());
  }

  @Test
  void filesHoldTheEpochsThatCanBeDrawn() throws IOException {
    // The network pads images of 28 pixels to 32.
    long parameters = 64 * 9 + 64 + 2 * 64 + 2 * (64 * 16 * 16 + 1);
    assertEquals(4 * 2 * parameters * Float.BYTES, needs().diskBytes());
    assertEquals(4 * 2 * parameters * 2, needs("experts.precision=bf16").diskBytes());
  }
}
