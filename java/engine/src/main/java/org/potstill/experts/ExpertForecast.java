package org.potstill.experts;

import org.potstill.config.Config;
import org.potstill.data.Dataset;
import org.potstill.distill.DistillingNetwork;
import org.potstill.kernels.Kernels;
import org.potstill.net.Network;
import org.potstill.prune.PruneStage;
import org.potstill.run.CancellationToken;
import org.potstill.tensor.Determinism;
import org.potstill.tensor.Devices;
import org.potstill.tensor.EngineKernels;
import org.potstill.tensor.GpuMemory;
import org.potstill.tensor.GpuTenancy;
import org.potstill.tensor.LibTorch;
import org.potstill.tensor.Placement;

/**
 * What the stage {@code experts} of a configuration needs and how long it will take here, as long
 * as none is trained; without those that are taken from another run.
 *
 * @param needs as they can be told without timing
 * @param seconds of training, as timed on a step
 * @param plan files, and how many are trained at a time, in one line
 */
public record ExpertForecast(ExpertNeeds needs, double seconds, String plan) {

  /** The plan and the time in one line. */
  public String words() {
    return ExpertPlan.words(plan, seconds);
  }

  /**
   * Times a step and plans.
   *
   * @param config with a section {@code experts}
   * @throws org.potstill.errors.InputException where the experts are not trained for long enough,
   *     or the disk has no room for them
   * @throws org.potstill.errors.RunCancelledException where it was asked to stop
   */
  public static ExpertForecast of(Config config, Dataset data, CancellationToken cancellation) {
    long pixels = (long) data.resolution() * data.resolution();
    long images = PruneStage.expectedSize(config.prune(), data);
    int threads = config.run().threadCount();
    Placement placement = new Devices().choose(config.run().device(), "run.device");
    Kernels kernels = EngineKernels.byName(config.run().kernels(), threads, placement);
    Network network = DistillingNetwork.of(config.distill().network(), data).with(kernels);
    int count = BorrowedExperts.untrained(config.experts());
    ExpertPlan plan = ExpertPlan.of(config, network, count, pixels, threads, placement);
    plan.requireRoom(config.run().out());
    boolean deterministic = config.run().deterministic();
    boolean tf32 = config.experts().trainingPrecision().equals("tf32");
    double[] seconds = new double[1];
    try (GpuTenancy tenancy = GpuTenancy.begin(placement, deterministic, tf32);
        Determinism determinism = Determinism.of(deterministic, placement);
        LibTorch.ThreadSettings settings = LibTorch.withThreads(threads)) {
      ExpertTiming timing = new ExpertTiming(config, network, data, placement);
      GpuMemory.explain(
          ExpertsStage.NAME,
          GpuMemory.lower(ExpertsStage.BATCH),
          () -> seconds[0] = timing.seconds(plan, images, cancellation));
    }
    return new ExpertForecast(ExpertNeeds.of(config, data), seconds[0], plan.words());
  }
}
