package org.potstill.config;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.potstill.errors.DidYouMean;
import org.potstill.errors.InputException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.SequenceNode;

/** What varies in a sweep: {@code sweep.over}. */
final class SweepAxes {

  private static final int MOST_RUNS = 10_000;
  private static final Set<String> OWN_TO_RUNS = Set.of("run.name", "run.out");

  private final SweepNodes nodes;
  private final List<VariedAxis> axes = new ArrayList<>();

  /** The axis that sets a key, by the key's path. */
  private final Map<String, String> setBy = new LinkedHashMap<>();

  private SweepAxes(SweepNodes nodes) {
    this.nodes = nodes;
  }

  /**
   * An axis with what its values set.
   *
   * @param name of the axis
   * @param values in order
   */
  record VariedAxis(String name, List<Value> values) {

    /** Names of the values. */
    List<String> valueNames() {
      return values.stream().map(Value::name).toList();
    }
  }

  /**
   * A value of an axis.
   *
   * @param name of the value
   * @param path of the key that it sets; empty where {@code node} is a section of several
   * @param node what is set
   */
  record Value(String name, String path, Node node) {}

  /** Reads the axes; what is wrong with them is noted. */
  static SweepAxes read(Node over, SweepNodes nodes) {
    SweepAxes axes = new SweepAxes(nodes);
    axes.readAxes(over);
    return axes;
  }

  /** All axes, in order. */
  List<VariedAxis> all() {
    return axes;
  }

  /**
   * Refuses an option that sets what varies.
   *
   * @throws InputException naming the option and the axis
   */
  void refuse(Setting setting) {
    setBy.forEach(
        (key, axis) -> {
          if (key.equals(setting.path()) || key.startsWith(setting.path() + ".")) {
            String along = axis.equals(key) ? "" : ", along " + axis;
            throw new InputException(
                setting.option()
                    + ": "
                    + key
                    + " varies in this sweep"
                    + along
                    + "; --only '"
                    + axis
                    + "=VALUE' runs a part of it");
          }
        });
  }

  private void readAxes(Node node) {
    String allowed = "a section of axes, each a key with a list, or a name with a section";
    Map<String, Node> all = nodes.mapping("sweep.over", node, allowed);
    if (all.isEmpty() && nodes.areFine()) {
      nodes.report(node, "sweep.over: found nothing; allowed: " + allowed);
    }
    all.forEach(this::readAxis);
    long runs = 1;
    for (VariedAxis axis : axes) {
      runs = Math.min(Integer.MAX_VALUE, runs * axis.values().size());
    }
    if (runs > MOST_RUNS) {
      nodes.report(node, "sweep.over: more than " + MOST_RUNS + " runs");
    }
    if (!axes.isEmpty() && axes.get(axes.size() - 1).valueNames().contains(Sweep.MEAN)) {
      nodes.report(
          node, "sweep.over: 'mean' stands for the mean along the last axis; name it otherwise");
    }
  }

  private void readAxis(String name, Node node) {
    if (Sweep.COLUMNS.contains(name)) {
      nodes.report(
          node,
          "sweep.over."
              + name
              + ": the table has a column of that name (its own: "
              + String.join(", ", Sweep.COLUMNS)
              + "); name it otherwise");
    }
    List<Value> values = node instanceof SequenceNode list ? listed(name, list) : named(name, node);
    Map<Object, String> known = new HashMap<>();
    Set<String> names = new HashSet<>();
    Set<String> keys = new LinkedHashSet<>();
    for (Value value : values) {
      Map<String, Object> settings = nodes.settings(value.path(), value.node());
      String same = known.putIfAbsent(settings, value.name());
      if (same != null && nodes.areFine()) {
        nodes.report(
            value.node(), "sweep.over." + name + ": " + value.name() + " is the same as " + same);
      } else if (!names.add(value.name()) && nodes.areFine()) {
        nodes.report(value.node(), calledTheSame(name, value));
      }
      keys.addAll(value.path().isEmpty() ? settings.keySet() : Set.of(value.path()));
    }
    for (String key : keys) {
      String other = setBy.putIfAbsent(key, name);
      if (other != null) {
        nodes.report(
            node, "sweep.over." + name + ": sets " + key + ", which varies along " + other);
      }
      if (OWN_TO_RUNS.contains(key)) {
        nodes.report(
            node, "sweep.over." + name + ": sets " + key + ", which every run has its own of");
      }
    }
    axes.add(new VariedAxis(name, values));
  }

  /** A run goes by the names of its values, its directory too. */
  private static String calledTheSame(String axis, Value value) {
    return "sweep.over."
        + axis
        + ": several values would be called '"
        + value.name()
        + "'; an axis with names of your own tells them apart: VALUE: {"
        + value.path()
        + ": ...}";
  }

  /** Values of one key. */
  private List<Value> listed(String key, SequenceNode list) {
    if (ConfigKeys.byPath(key) == null) {
      String hint = DidYouMean.hint(key, ConfigKeys.all().stream().map(Key::path).toList());
      nodes.report(
          list,
          "sweep.over."
              + key
              + ": a list is of values of a key, and there is no key "
              + key
              + hint
              + "; several settings together are a section: VALUE: {KEY: ..., KEY: ...}");
      return List.of();
    }
    if (list.getValue().isEmpty()) {
      nodes.report(list, "sweep.over." + key + ": found an empty list; allowed: one value or more");
    }
    return list.getValue().stream()
        .map(node -> new Value(SweepNodes.text(node), key, node))
        .toList();
  }

  /** Settings by the name of the value. */
  private List<Value> named(String axis, Node node) {
    String allowed = "a list of values of a key, or a section of values with their settings";
    List<Value> values = new ArrayList<>();
    nodes
        .mapping("sweep.over." + axis, node, allowed)
        .forEach(
            (name, settings) -> {
              if (settings instanceof MappingNode) {
                values.add(new Value(name, "", settings));
              } else {
                nodes.report(settings, noSettings(axis, name, settings));
              }
            });
    if (values.isEmpty() && nodes.areFine()) {
      nodes.report(node, "sweep.over." + axis + ": found nothing; allowed: " + allowed);
    }
    return values;
  }

  private static String noSettings(String axis, String value, Node found) {
    String place = "sweep.over." + axis + "." + value;
    return ConfigKeys.byPath(axis + "." + value) != null
        ? place
            + ": a key that varies is written with its whole path: '"
            + axis
            + "."
            + value
            + ": [...]' in sweep.over"
        : place
            + ": found "
            + Nodes.describe(found)
            + "; allowed: a section of settings, for example {prune.keep: 0.5}";
  }
}
