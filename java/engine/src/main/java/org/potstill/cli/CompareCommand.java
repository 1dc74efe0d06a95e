package org.potstill.cli;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.concurrent.Callable;
import org.potstill.evaluate.Comparison;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** Sets the evaluations of two runs side by side. */
@Command(mixinStandardHelpOptions = true, versionProvider = Version.class, sortOptions = false)
final class CompareCommand implements Callable<Integer>, HasOutput {

  private static final String LINE = "%-10s %8s %9s %9s %14s %18s %8s%n";

  @Mixin private Output output;

  @Parameters(index = "0", paramLabel = "RUN", description = "An evaluated run directory.")
  private Path first;

  @Parameters(
      index = "1",
      paramLabel = "OTHER",
      description = "Another one; a difference is how much better this one is.")
  private Path second;

  private final Engine engine;
  private final Streams streams;

  CompareCommand(Engine engine, Streams streams) {
    this.engine = engine;
    this.streams = streams;
  }

  @Override
  public Output output() {
    return output;
  }

  @Override
  public Integer call() {
    Comparison comparison = engine.compare(first, second);
    if (output.json()) {
      comparison.rows().forEach(row -> JsonLines.print(streams.out(), event(row)));
    } else {
      table(comparison);
    }
    comparison.remarks().forEach(remark -> Warning.print(streams, output, null, remark));
    return 0;
  }

  private static Map<String, Object> event(Comparison.Row row) {
    Map<String, Object> event = new LinkedHashMap<>();
    event.put("event", "compared");
    event.put("network", row.network());
    event.put("repeats", row.repeats());
    event.put("first", row.first());
    event.put("second", row.second());
    event.put("difference", row.difference());
    event.put("ci95", row.ci95().isPresent() ? row.ci95().getAsDouble() : null);
    event.put("p", row.p().isPresent() ? row.p().getAsDouble() : null);
    return event;
  }

  private void table(Comparison comparison) {
    streams
        .out()
        .printf(
            Locale.ROOT,
            LINE,
            "network",
            "repeats",
            "RUN",
            "OTHER",
            "OTHER - RUN",
            "95 % interval",
            "p");
    for (Comparison.Row row : comparison.rows()) {
      streams
          .out()
          .printf(
              Locale.ROOT,
              LINE,
              row.network(),
              row.repeats(),
              percent("%.1f %%", row.first()),
              percent("%.1f %%", row.second()),
              percent("%+.1f points", row.difference()),
              interval(row.difference(), row.ci95()),
              row.p().isPresent() ? number("%.2g", row.p().getAsDouble()) : "-");
    }
  }

  private static String interval(double difference, OptionalDouble ci95) {
    if (ci95.isEmpty()) {
      return "-";
    }
    return percent("%+.1f", difference - ci95.getAsDouble())
        + " to "
        + percent("%+.1f", difference + ci95.getAsDouble());
  }

  private static String percent(String format, double share) {
    return number(format, 100 * share);
  }

  private static String number(String format, double value) {
    return String.format(Locale.ROOT, format, value);
  }
}
