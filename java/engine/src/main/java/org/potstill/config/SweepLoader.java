package org.potstill.config;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.potstill.config.SweepAxes.Value;
import org.potstill.config.SweepAxes.VariedAxis;
import org.potstill.errors.DidYouMean;
import org.potstill.errors.InputException;
import org.potstill.net.Networks;
import org.potstill.run.FolderNames;
import org.potstill.run.RunDirectory;
import org.snakeyaml.engine.v2.nodes.Node;

/** Reads a sweep: a configuration with a section {@code sweep} that says what varies. */
public final class SweepLoader {

  private final Path file;
  private final Node shared;
  private final List<Setting> overrides;
  private final List<VariedAxis> axes;

  /** By axis and value, names of folders. */
  private final List<Map<String, String>> folders = new ArrayList<>();

  private final List<Sweep.Run> runs = new ArrayList<>();

  /** Keys that options set and no run has so far. */
  private final Set<String> without = new LinkedHashSet<>();

  /** Name and run directory that the file itself gives. */
  private RunConfig ofFile;

  private SweepLoader(Path file, Node shared, List<Setting> overrides, List<VariedAxis> axes) {
    this.file = file;
    this.shared = shared;
    this.overrides = overrides;
    this.axes = axes;
  }

  /**
   * The sweep in {@code file}. Every run is the rest of the file with the settings of its values,
   * in a run directory of its own: {@code run.out} of the file is the folder that holds them.
   *
   * @param overrides of what does not vary, in every run, as {@code key.path=value}, the value in
   *     YAML; later ones win
   * @throws InputException with everything that is wrong
   */
  public static Sweep load(Path file, List<String> overrides) {
    return loadWith(ConfigFile.read(file), overrides.stream().map(Setting::parse).toList());
  }

  /** As {@link #load(Path, List)}, with overrides that come from other options than --set. */
  public static Sweep loadWith(ConfigFile file, List<Setting> overrides) {
    SweepSection section = SweepSection.read(file);
    overrides.forEach(section.axes()::refuse);
    SweepLoader loader =
        new SweepLoader(
            file.path(), SweepSection.without(file.root()), overrides, section.axes().all());
    return loader.load(section.published());
  }

  private Sweep load(SweepFigures published) {
    List<Sweep.Axis> named = new ArrayList<>();
    for (VariedAxis axis : axes) {
      List<String> values = axis.values().stream().map(Value::name).toList();
      named.add(new Sweep.Axis(axis.name(), values));
      List<String> safe = FolderNames.of(values.stream().map(SweepLoader::unlikeFiles).toList());
      requireWritable(axis.name(), safe);
      Map<String, String> folder = new HashMap<>();
      for (int i = 0; i < values.size(); i++) {
        folder.put(values.get(i), safe.get(i));
      }
      folders.add(folder);
    }
    Set<String> set = ConfigLoader.keys(overrides);
    without.addAll(set);
    addRuns(List.of(), set);
    if (!without.isEmpty()) {
      // Says where they are set and which runs would have them.
      run(axes.stream().map(axis -> axis.values().get(0)).toList(), Set.of());
    }
    requireMeasured(published);
    return new Sweep(
        ofFile.name(),
        ofFile.out(),
        List.copyOf(named),
        List.copyOf(runs),
        published.figures(),
        published.baselines());
  }

  /** No name of a file or folder that a run or the sweep itself writes. */
  private static String unlikeFiles(String value) {
    return RunDirectory.isWritten(value) || value.startsWith("table.") ? value + "_" : value;
  }

  private void requireWritable(String axis, List<String> names) {
    for (String name : names) {
      if (!FolderNames.canBeWritten(name)) {
        throw new InputException(
            file
                + ": sweep.over."
                + axis
                + ": a folder cannot be called '"
                + name
                + "' here ("
                + FolderNames.encoding()
                + "); set LC_ALL=C.UTF-8, or name the value otherwise");
      }
    }
  }

  private void requireMeasured(SweepFigures published) {
    Set<String> figures = new LinkedHashSet<>(List.of(Networks.CROSS));
    runs.forEach(run -> figures.addAll(run.config().evaluate().networks()));
    Set<String> all = new LinkedHashSet<>(figures);
    all.addAll(OutputKeys.BASELINES);
    requireMeasured("", published.figures().keySet(), all);
    // Which baselines are measured is often changed for one call; their names are known anyway.
    published
        .baselines()
        .forEach((name, ofBaseline) -> requireMeasured(name + ".", ofBaseline.keySet(), figures));
  }

  private void requireMeasured(String section, Set<String> names, Set<String> measured) {
    for (String name : names) {
      if (!measured.contains(name)) {
        throw new InputException(
            file
                + ": sweep.published."
                + section
                + name
                + ": no run measures it"
                + DidYouMean.hint(name, measured)
                + "; allowed: "
                + String.join(", ", measured));
      }
    }
  }

  /**
   * All runs that begin with these values.
   *
   * @param mayLack keys that only some of the runs may have
   */
  private void addRuns(List<Value> chosen, Set<String> mayLack) {
    if (chosen.size() == axes.size()) {
      runs.add(run(chosen, mayLack));
      return;
    }
    for (Value value : axes.get(chosen.size()).values()) {
      List<Value> more = new ArrayList<>(chosen);
      more.add(value);
      addRuns(more, mayLack);
    }
  }

  private Sweep.Run run(List<Value> chosen, Set<String> mayLack) {
    List<String> values = chosen.stream().map(Value::name).toList();
    List<String> names = new ArrayList<>();
    for (int i = 0; i < values.size(); i++) {
      names.add(folders.get(i).get(values.get(i)));
    }
    Config config =
        ConfigLoader.parse(
            file + " (" + String.join(", ", values) + ")",
            file,
            shared,
            overrides,
            reader -> {
              chosen.forEach(
                  value -> reader.read(value.path(), value.node(), ConfigLoader.origin(file)));
              without.retainAll(reader.dropOutOfForce(mayLack));
            });
    ofFile = config.run();
    Path folder = ofFile.out();
    for (String name : names) {
      folder = folder.resolve(name);
    }
    String name = ofFile.name() + "-" + String.join("-", names);
    return new Sweep.Run(values, String.join("/", names), config.placed(name, folder));
  }
}
