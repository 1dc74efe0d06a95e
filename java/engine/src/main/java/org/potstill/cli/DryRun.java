package org.potstill.cli;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.potstill.Potstill;
import org.potstill.config.Config;
import org.potstill.config.ConfigValues;
import org.potstill.config.ConfigWriter;
import org.potstill.data.Dataset;
import org.potstill.data.Datasets;

/** Shows what a run would do. */
final class DryRun {

  private DryRun() {}

  /** The resolved config, the stages, and what they need. */
  static void print(String stage, Config config, Streams streams, Output output) {
    List<String> stages = stage == null ? stagesOf(config) : List.of(stage);
    try (Dataset data = Datasets.open(config.data(), config.run().seed())) {
      Estimate estimate = Estimate.of(config, data);
      if (output.json()) {
        Map<String, Object> event = new LinkedHashMap<>();
        event.put("event", "dry-run");
        event.put("config", ConfigValues.of(config));
        event.put("stages", stages);
        event.put("memoryBytes", estimate.memoryBytes());
        event.put("diskBytes", estimate.diskBytes());
        JsonLines.print(streams.out(), event);
        return;
      }
      streams.out().print(ConfigWriter.toYaml(config));
      streams.out().println("# data:   " + DataLine.of(data));
      streams.out().println("# stages: " + String.join(", ", stages));
      streams.out().println("# needs:  " + estimate.words());
    }
  }

  private static List<String> stagesOf(Config config) {
    boolean experts = config.experts() != null;
    return Potstill.stages().stream().filter(name -> experts || !name.equals("experts")).toList();
  }
}
