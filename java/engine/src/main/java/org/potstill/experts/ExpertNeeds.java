package org.potstill.experts;

import org.potstill.config.Config;
import org.potstill.data.Dataset;
import org.potstill.distill.DistillingNetwork;
import org.potstill.net.Network;
import org.potstill.net.TrainingMemory;
import org.potstill.prune.PruneStage;
import org.potstill.tensor.Placement;

/**
 * What the stage {@code experts} of a configuration needs, roughly, from its settings and the size
 * of this machine's memory alone, as long as none is trained; without those that are taken from
 * another run. Nothing is computed for it.
 *
 * @param diskBytes of the files
 * @param memoryBytes while they are trained on the CPU, several side by side, with the core-set
 * @param gpuBytes in the memory of a GPU while they are trained there, with the core-set
 * @param words what the files take, and how many are trained at a time on the CPU, in one line
 */
public record ExpertNeeds(long diskBytes, long memoryBytes, long gpuBytes, String words) {

  /**
   * The needs for a configuration and the data set that it names.
   *
   * @param config with a section {@code experts}
   * @throws org.potstill.errors.InputException where the experts are not trained for long enough,
   *     or their network cannot be built
   */
  public static ExpertNeeds of(Config config, Dataset data) {
    long pixels = (long) data.resolution() * data.resolution();
    long images = PruneStage.expectedSize(config.prune(), data);
    long loaded = images * data.channels() * pixels * Float.BYTES;
    Network network = DistillingNetwork.of(config.distill().network(), data);
    int count = BorrowedExperts.untrained(config.experts());
    int threads = config.run().threadCount();
    ExpertPlan plan = ExpertPlan.of(config, network, count, pixels, threads, Placement.CPU);
    // One at a time, each batch as a whole; the snapshots stay on the host.
    long batch = Math.min(images, config.experts().batch());
    long onGpu = TrainingMemory.bytes(network, batch, pixels);
    return new ExpertNeeds(
        plan.diskBytes(), plan.memoryBytes() + loaded, onGpu + loaded, plan.words());
  }
}
