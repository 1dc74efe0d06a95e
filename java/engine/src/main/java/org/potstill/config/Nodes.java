package org.potstill.config;

import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.nodes.Tag;

/** What can be said of a piece of YAML before its meaning is known. */
final class Nodes {

  private static final int LONGEST_QUOTE = 60;

  private Nodes() {}

  /** How an error message calls what was found. */
  static String describe(Node node) {
    if (isNull(node)) {
      return "nothing";
    }
    if (node instanceof ScalarNode scalar) {
      String value = shorten(scalar.getValue());
      return node.getTag().equals(Tag.STR) ? "the text '" + value + "'" : value;
    }
    if (node instanceof SequenceNode list) {
      int size = list.getValue().size();
      return size == 0 ? "an empty list" : "a list of " + size;
    }
    return node instanceof MappingNode ? "a section of its own" : "something else";
  }

  /** Whether the value was left empty or is {@code null}. */
  static boolean isNull(Node node) {
    return node instanceof ScalarNode && node.getTag().equals(Tag.NULL);
  }

  /** Line of the file, counted from 1; 0 where it is not known. */
  static int line(Node node) {
    return node.getStartMark().map(Mark::getLine).map(line -> line + 1).orElse(0);
  }

  private static String shorten(String text) {
    String line = text.replaceAll("\\p{Cntrl}", "?");
    return line.length() <= LONGEST_QUOTE ? line : line.substring(0, LONGEST_QUOTE) + "...";
  }
}
