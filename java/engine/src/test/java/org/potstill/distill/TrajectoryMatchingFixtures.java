package org.potstill.distill;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.Arrays;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.potstill.augment.SiameseAugmentation;
import org.potstill.distill.TrajectoryMatching.Form;
import org.potstill.fixtures.Closeness;
import org.potstill.fixtures.FixtureFile;
import org.potstill.fixtures.Tolerances;
import org.potstill.net.Network;
import org.potstill.net.StateEntry;
import org.potstill.tensor.NamedTensors;

/**
 * What the fixtures say of trajectory matching, in both forms. Their tensors {@code ld3m.*} hold a
 * third one, whose image gradient is half of {@code pd.*} by a slip; ours leaves it behind.
 */
final class TrajectoryMatchingFixtures {

  private TrajectoryMatchingFixtures() {}

  static void assertForms(FixtureFile file) {
    assumeTrue(
        !file.has("labels") || ascending(file.longs("labels")),
        "ours has synthetic images in the order of their classes");
    assertTrue(file.has("pd.grand_loss") || file.has("unrolled.grand_loss"), file.name());
    if (file.has("pd.grand_loss")) {
      assertForm(file, "pd.", Form.CONSTANT_MEMORY);
    }
    if (file.has("unrolled.grand_loss")) {
      assertForm(file, "unrolled.", Form.UNROLLED);
    }
  }

  private static void assertForm(FixtureFile file, String prefix, Form form) {
    TrajectoryMatching.Settings settings =
        new TrajectoryMatching.Settings(
            form,
            file.integer("syn_steps"),
            file.integer("batch_syn"),
            file.integer("ipc"),
            file.number("syn_lr"),
            0,
            0);
    Network network = IterationFixtureTest.network(file);
    try (PointerScope scope = new PointerScope();
        TrajectoryMatching distiller =
            new TrajectoryMatching(
                network,
                iteration ->
                    new ExpertSegment(
                        parameters(network, file.tensor("start_params")),
                        parameters(network, file.tensor("target_params"))),
                IterationFixtureTest.kernels(),
                SiameseAugmentation.of(""),
                settings,
                (iteration, step) -> indices(file, step),
                KeptPasses.usualRoom(),
                IterationFixtureTest.SEED)) {
      distiller.begin(0);
      TrajectoryForm.Result result = distiller.run(file.tensor("syn"));
      Closeness.assertRelative(
          file + " " + prefix,
          file.doubles(prefix + "grand_loss"),
          new double[] {result.loss()},
          Tolerances.TRAJECTORY_LOSS);
      Closeness.assertRelativeL2(
          file + " " + prefix,
          file.doubles(prefix + "syn_grad"),
          Closeness.doubles(result.imageGradient()),
          Tolerances.TRAJECTORY_GRADIENT);
      Closeness.assertRelative(
          file + " " + prefix,
          file.doubles(prefix + "lr_grad"),
          new double[] {result.rateGradient()},
          Tolerances.TRAJECTORY_RATE_GRADIENT);
    }
  }

  private static boolean ascending(long[] labels) {
    return Arrays.equals(labels, Arrays.stream(labels).sorted().toArray());
  }

  private static int[] indices(FixtureFile file, int step) {
    return Arrays.stream(file.longs("step" + step + ".indices")).mapToInt(i -> (int) i).toArray();
  }

  /** Parameters cut out of a flat vector, in the order of the network. */
  private static NamedTensors parameters(Network network, Tensor flat) {
    NamedTensors parameters = new NamedTensors();
    List<StateEntry> entries =
        network.state().stream().filter(e -> e.kind() == StateEntry.Kind.PARAMETER).toList();
    long offset = 0;
    for (StateEntry entry : entries) {
      parameters.put(
          entry.name(), flat.narrow(0, offset, entry.size()).clone().view(entry.dimensions()));
      offset += entry.size();
    }
    return parameters;
  }
}
