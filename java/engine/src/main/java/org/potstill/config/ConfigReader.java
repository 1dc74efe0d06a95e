package org.potstill.config;

import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.potstill.errors.DidYouMean;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;

/** Takes YAML apart into values by key path, checking each against its key. */
final class ConfigReader {

  private final Problems problems;
  private final Map<String, Object> values = new LinkedHashMap<>();
  private final Map<String, String> places = new LinkedHashMap<>();

  /** Keys of what is being read: a file may write a.b: 1 as well as a: {b: 1}. */
  private final Set<String> seen = new HashSet<>();

  /** A reader that notes what is wrong in {@code problems}. */
  ConfigReader(Problems problems) {
    this.problems = problems;
  }

  /** What was read so far, by key path; what is read later replaces what was read earlier. */
  Map<String, Object> values() {
    return values;
  }

  /** Where the key was set; empty where it was not. */
  String place(String path) {
    return places.getOrDefault(path, "");
  }

  /**
   * Forgets those of some keys that mean nothing with what was read.
   *
   * @return the keys that were forgotten
   */
  Set<String> dropOutOfForce(Set<String> paths) {
    Settings settings = new Settings(values, "");
    Set<String> dropped =
        paths.stream()
            .filter(path -> !ConfigKeys.inForce(ConfigKeys.byPath(path), settings))
            .collect(Collectors.toSet());
    values.keySet().removeAll(dropped);
    return dropped;
  }

  /** Reads the value of a key, or all keys of a section; the empty path is the whole file. */
  void read(String path, Node node, Origin origin) {
    seen.clear();
    visit(path, node, origin);
  }

  private void visit(String path, Node node, Origin origin) {
    Key key = ConfigKeys.byPath(path);
    if (key != null) {
      readValue(key, node, origin);
    } else if (ConfigKeys.isSection(path)) {
      readSection(path, node, origin);
    } else {
      problems.add(origin.place(node), unknown(path));
    }
  }

  private void readValue(Key key, Node node, Origin origin) {
    if (!seen.add(key.path())) {
      problems.add(origin.place(node), key.path() + ": is given a second time");
      return;
    }
    try {
      Object value = key.type().read(node, origin.base());
      if (value == ValueType.DEFAULT) {
        values.remove(key.path());
      } else {
        values.put(key.path(), value);
      }
      places.put(key.path(), origin.place(node));
    } catch (Unfit e) {
      problems.add(origin.place(e.where()), key.path() + ": " + e.getMessage());
    }
  }

  private void readSection(String path, Node node, Origin origin) {
    if (Nodes.isNull(node)) {
      return;
    }
    if (!(node instanceof MappingNode mapping)) {
      String what = path.isEmpty() ? "the file" : path;
      String allowed = String.join(", ", ConfigKeys.namesIn(path));
      problems.add(
          origin.place(node),
          what + ": found " + Nodes.describe(node) + "; allowed: a section of " + allowed);
      return;
    }
    Set<String> names = new HashSet<>();
    for (NodeTuple pair : mapping.getValue()) {
      String name = pair.getKeyNode() instanceof ScalarNode scalar ? scalar.getValue() : "?";
      String child = path.isEmpty() ? name : path + "." + name;
      if (!names.add(name)) {
        problems.add(origin.place(pair.getKeyNode()), child + ": is given a second time");
      } else if (isKnown(child)) {
        visit(child, pair.getValueNode(), origin);
      } else {
        problems.add(origin.place(pair.getKeyNode()), unknown(child));
      }
    }
  }

  private static boolean isKnown(String path) {
    return ConfigKeys.byPath(path) != null || ConfigKeys.isSection(path);
  }

  private static String unknown(String path) {
    int dot = path.lastIndexOf('.');
    String section = dot < 0 ? "" : path.substring(0, dot);
    Key key = ConfigKeys.byPath(section);
    if (key != null && key.type() instanceof Groups.Pairs) {
      String pair = path.substring(dot + 1) + ": VALUE";
      return section + ": its pairs are set together: --set '" + section + "={" + pair + "}'";
    }
    if (key != null) {
      return section + ": holds a value, not a section";
    }
    if (!ConfigKeys.isSection(section)) {
      return unknown(section);
    }
    List<String> known = ConfigKeys.namesIn(section);
    String hint = DidYouMean.hint(path.substring(dot + 1), known);
    String elsewhere = hint.isEmpty() ? elsewhere(path.substring(dot + 1)) : "";
    String allowed = "; allowed here: " + String.join(", ", known);
    return path + ": unknown key" + hint + elsewhere + allowed;
  }

  private static String elsewhere(String name) {
    return ConfigKeys.all().stream()
        .filter(key -> key.name().equals(name))
        .findFirst()
        .map(key -> "; did you mean \"" + key.path() + "\"?")
        .orElse("");
  }
}
