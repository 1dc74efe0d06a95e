package org.potstill.config;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.potstill.errors.DidYouMean;
import org.potstill.errors.InputException;

/**
 * Runs that differ in a few settings: every combination of the values along some axes.
 *
 * @param name of the file, which the table goes by
 * @param out folder that holds the run directories and the table, absolute
 * @param axes what varies; the last one varies fastest, and goes across in a table
 * @param runs one for every combination, in order
 * @param published by the name of a figure ({@code cross} or that of a network), then by one value
 *     of every axis, the accuracy from 0 to 1 that the runs are to be compared with; {@link #MEAN}
 *     in the place of the last value is the mean along that axis
 * @param publishedBaselines the same of baselines, without means, by the name of the baseline first
 */
public record Sweep(
    String name,
    Path out,
    List<Axis> axes,
    List<Run> runs,
    Map<String, Map<List<String>, Double>> published,
    Map<String, Map<String, Map<List<String>, Double>>> publishedBaselines) {

  /** Stands for all values of the last axis. */
  public static final String MEAN = "mean";

  /** Columns of the table that no axis may be called. */
  public static final List<String> COLUMNS =
      List.of("run", "images", "figure", "accuracy", "std", "repeats", "published");

  /**
   * Something that varies.
   *
   * @param name a key of the configuration, or one of the user's own
   * @param values what its values are called
   */
  public record Axis(String name, List<String> values) {}

  /**
   * A run.
   *
   * @param values one of every axis
   * @param folder the run directory, relative to the sweep's, with '/' between the values
   * @param config of the run
   */
  public record Run(List<String> values, String folder, Config config) {

    /**
     * The settings by which the run that {@code written} is the configuration of is not this one:
     * all but those of places, machines and the evaluation, which may change later; of the
     * evaluation only what tells the runs of the sweep apart. Where data, scores or weights tell
     * them apart, the place is among these settings, and what is there decides.
     *
     * @param varied {@link Sweep#variedKeys()}
     */
    public List<ConfigDiff.Change> otherSettings(Config written, Set<String> varied) {
      return ConfigDiff.changedKeys(written, config).stream()
          .filter(change -> makesAnotherRun(change, varied.contains(change.path())))
          .toList();
    }

    private static boolean makesAnotherRun(ConfigDiff.Change change, boolean varied) {
      String path = change.path();
      boolean ofMachine = path.startsWith("run.") && !path.equals("run.seed");
      boolean mayChange = path.startsWith("evaluate.") && !varied;
      boolean ofPlace = KeyRoles.PLACES.contains(path) && !path.equals(DataConfig.SOURCE);
      boolean named =
          path.equals(DataConfig.SOURCE) || path.equals(ScoreConfig.FROM) || change.isOfContent();
      return !ofMachine && !mayChange && !ofPlace && (varied || !named);
    }
  }

  /** The keys whose values are not the same in all runs. */
  public Set<String> variedKeys() {
    Config first = runs.get(0).config();
    Set<String> varied = new HashSet<>();
    for (Run run : runs) {
      ConfigDiff.changedKeys(first, run.config()).forEach(change -> varied.add(change.path()));
    }
    return varied;
  }

  /** The last axis, which goes across in a table. */
  public Axis across() {
    return axes.get(axes.size() - 1);
  }

  /**
   * The runs with certain values.
   *
   * @param conditions as {@code AXIS=VALUE} or {@code AXIS=VALUE,VALUE}; of every axis that is
   *     named one of its values has to hold
   * @throws InputException where there is no such axis or value
   */
  public List<Run> only(List<String> conditions) {
    Map<Integer, Set<String>> wanted = new HashMap<>();
    for (String condition : conditions) {
      int equals = condition.indexOf('=');
      if (equals <= 0) {
        throw new InputException(
            "--only " + condition + ": found no AXIS=VALUE; the axes: " + names());
      }
      int axis = indexOf(condition, condition.substring(0, equals).strip());
      wanted
          .computeIfAbsent(axis, index -> new HashSet<>())
          .addAll(values(condition, axes.get(axis), condition.substring(equals + 1).strip()));
    }
    List<Run> chosen = new ArrayList<>();
    for (Run run : runs) {
      if (wanted.entrySet().stream()
          .allMatch(entry -> entry.getValue().contains(run.values().get(entry.getKey())))) {
        chosen.add(run);
      }
    }
    return chosen;
  }

  private int indexOf(String condition, String axis) {
    for (int i = 0; i < axes.size(); i++) {
      if (axes.get(i).name().equals(axis)) {
        return i;
      }
    }
    List<String> all = axes.stream().map(Axis::name).toList();
    throw new InputException(
        "--only "
            + condition
            + ": there is no axis "
            + axis
            + DidYouMean.hint(axis, all)
            + "; the axes: "
            + names());
  }

  /** One value, whatever commas it has, or several. */
  private static List<String> values(String condition, Axis axis, String text) {
    if (axis.values().contains(text)) {
      return List.of(text);
    }
    List<String> values = Arrays.stream(text.split(",", -1)).map(String::strip).toList();
    values.forEach(value -> requireValue(condition, axis, value));
    return values;
  }

  private static void requireValue(String condition, Axis axis, String value) {
    if (!axis.values().contains(value)) {
      throw new InputException(
          "--only "
              + condition
              + ": "
              + axis.name()
              + " has no value '"
              + value
              + "'"
              + DidYouMean.hint(value, axis.values())
              + "; its values: "
              + String.join(", ", axis.values()));
    }
  }

  private String names() {
    return String.join(", ", axes.stream().map(Axis::name).toList());
  }
}
