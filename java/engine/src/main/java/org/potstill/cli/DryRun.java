package org.potstill.cli;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.potstill.Potstill;
import org.potstill.config.Config;
import org.potstill.config.ConfigValues;
import org.potstill.config.ConfigWriter;
import org.potstill.data.Dataset;
import org.potstill.errors.InputException;
import org.potstill.experts.ExpertForecast;
import org.potstill.experts.ExpertsStage;
import org.potstill.pipeline.RunOptions;
import org.potstill.pipeline.RunSession;
import org.potstill.run.CancellationToken;
import org.potstill.run.HostRequirements;

/** Shows what a run would do. */
final class DryRun {

  private final Config config;
  private final NativeOptions natives;
  private final CancellationToken cancellation;

  /**
   * A dry run.
   *
   * @param natives applied where LibTorch is needed: where experts would be trained, a step is
   *     timed, and a GPU that is named is looked at
   */
  DryRun(Config config, NativeOptions natives, CancellationToken cancellation) {
    this.config = config;
    this.natives = natives;
    this.cancellation = cancellation;
  }

  /**
   * The resolved config, the stages, and what they need.
   *
   * @param stage the only one, or null for all
   * @param options what the run would do with a run directory that is already there
   * @throws InputException where a run would not begin; of a single stage, whether those before it
   *     are finished is not looked at
   */
  void print(String stage, RunOptions options, Streams streams, Output output) {
    HostRequirements.require();
    List<String> stages = stage == null ? Potstill.stages(config) : List.of(stage);
    requireDevice(config, natives);
    try (Dataset data = Progress.open(config, streams, output, cancellation)) {
      RunSession.requireStart(config, data, options, stage);
      ExpertForecast experts = experts(stages, data);
      Estimate estimate = Estimate.of(config, data);
      if (experts != null) {
        estimate = estimate.withExperts(experts.needs());
      }
      if (output.json()) {
        JsonLines.print(streams.out(), event(stages, estimate, experts));
        return;
      }
      streams.out().print(ConfigWriter.toYaml(config));
      streams.out().println("# data:   " + DataLine.of(data));
      streams.out().println("# stages: " + String.join(", ", stages));
      streams.out().println("# needs:  " + estimate.words());
      if (mayUseGpu()) {
        streams.out().println("# on GPU: " + estimate.onGpuWords());
      }
      if (experts != null) {
        streams.out().println("# with:   " + experts.words());
      }
    }
  }

  /**
   * Checks that a GPU that is named, or its kernels, can be had here.
   *
   * @throws InputException where they cannot
   */
  static void requireDevice(Config config, NativeOptions natives) {
    if (RunSession.namesDevice(config)) {
      natives.apply();
      RunSession.requireDevice(config);
    }
  }

  /** Where none is named, whether one works is not found out: that would load LibTorch. */
  private boolean mayUseGpu() {
    return !config.run().device().equals("cpu");
  }

  /** Null where none would be trained. */
  private ExpertForecast experts(List<String> stages, Dataset data) {
    if (config.experts() == null
        || !stages.contains(ExpertsStage.NAME)
        || ExpertsStage.untrained(config) == 0) {
      return null;
    }
    natives.apply();
    return ExpertForecast.of(config, data, cancellation);
  }

  private Map<String, Object> event(
      List<String> stages, Estimate estimate, ExpertForecast experts) {
    Map<String, Object> event = new LinkedHashMap<>();
    event.put("event", "dry-run");
    event.put("config", ConfigValues.of(config));
    event.put("stages", stages);
    event.put("memoryBytes", estimate.memoryBytes());
    event.put("diskBytes", estimate.diskBytes());
    if (mayUseGpu()) {
      event.put("gpuBytes", estimate.gpuBytes());
    }
    if (estimate.generator()) {
      event.put("generator", true);
    }
    if (experts != null) {
      event.put("expertBytes", experts.needs().diskBytes());
      event.put("expertSeconds", experts.seconds());
    }
    return event;
  }
}
