package org.potstill.sweep;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.potstill.config.Config;
import org.potstill.data.Dataset;
import org.potstill.data.Datasets;

/** Data sets of many runs, each opened once: to list a million files takes its time. */
public final class OpenDatasets implements AutoCloseable {

  private final Map<List<Object>, Dataset> open = new HashMap<>();

  /** The data set of a run; closed with all others. */
  public Dataset of(Config config) {
    return open.computeIfAbsent(
        List.of(config.data(), config.run().seed()),
        key -> Datasets.open(config.data(), config.run().seed()));
  }

  /** Closes all, whether or not one fails to. */
  @Override
  public void close() {
    RuntimeException first = null;
    for (Dataset data : new ArrayList<>(open.values())) {
      try {
        data.close();
      } catch (RuntimeException e) {
        first = first == null ? e : first;
      }
    }
    open.clear();
    if (first != null) {
      throw first;
    }
  }
}
