package org.potstill.config;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;

/**
 * The YAML of a section {@code sweep}, whose keys are the user's own.
 *
 * @param origin of the file
 * @param problems where what is wrong is noted
 */
record SweepNodes(Origin origin, Problems problems) {

  /** Whether nothing is wrong so far. */
  boolean areFine() {
    return problems.isEmpty();
  }

  /** One more problem, at {@code node}. */
  void report(Node node, String message) {
    problems.add(origin.place(node), message);
  }

  /** What is set here, by key path; what is wrong with it is noted. */
  Map<String, Object> settings(String path, Node node) {
    ConfigReader reader = new ConfigReader(problems);
    reader.read(path, node, origin);
    return reader.values();
  }

  /**
   * The values of a section by name, in order; empty, and noted, where it is none.
   *
   * @param path what messages call it
   * @param allowed what it should be
   */
  Map<String, Node> mapping(String path, Node node, String allowed) {
    if (!(node instanceof MappingNode mapping)) {
      report(node, path + ": found " + Nodes.describe(node) + "; allowed: " + allowed);
      return Map.of();
    }
    Map<String, Node> pairs = new LinkedHashMap<>();
    for (NodeTuple pair : mapping.getValue()) {
      if (pairs.putIfAbsent(name(pair), pair.getValueNode()) != null) {
        report(pair.getKeyNode(), path + "." + name(pair) + ": is given a second time");
      }
    }
    return pairs;
  }

  /** How the key of a pair is called. */
  static String name(NodeTuple pair) {
    return text(pair.getKeyNode());
  }

  /** How a value is called: as it is written, the elements of a list with + between them. */
  static String text(Node node) {
    if (node instanceof SequenceNode list) {
      if (list.getValue().isEmpty()) {
        return "[]";
      }
      return list.getValue().stream().map(SweepNodes::word).collect(Collectors.joining("+"));
    }
    return word(node);
  }

  private static String word(Node node) {
    return node instanceof ScalarNode scalar ? scalar.getValue() : "?";
  }
}
