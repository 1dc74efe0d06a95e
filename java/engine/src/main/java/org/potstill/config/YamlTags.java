package org.potstill.config;

import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;
import org.potstill.errors.InputException;
import org.snakeyaml.engine.v2.common.ScalarStyle;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.nodes.Tag;
import org.snakeyaml.engine.v2.resolver.ScalarResolver;
import org.snakeyaml.engine.v2.schema.CoreSchema;

/** Refuses tags by which a value is something else than it looks like. */
final class YamlTags {

  private static final ScalarResolver RESOLVER = new CoreSchema().getScalarResolver();

  private final String name;

  /** Those looked at: with anchors a node may stand in several places, or within itself. */
  private final Set<Node> seen = Collections.newSetFromMap(new IdentityHashMap<>());

  private YamlTags(String name) {
    this.name = name;
  }

  /**
   * Checks all of a document.
   *
   * @param name what error messages call the text: the file or the option
   * @throws InputException where a value has such a tag; names the line and the key
   */
  static void requireNone(String name, Node root) {
    new YamlTags(name).visit("", root);
  }

  private void visit(String path, Node node) {
    if (!seen.add(node)) {
      return;
    }
    if (!node.getTag().equals(plain(node))) {
      throw new InputException(
          name
              + ", line "
              + Nodes.line(node)
              + ": "
              + (path.isEmpty() ? "" : path + ": ")
              + "found the tag "
              + shown(node.getTag())
              + "; allowed: values without a tag that makes them something else (a text may stand"
              + " in quotes)");
    }
    if (node instanceof SequenceNode list) {
      list.getValue().forEach(item -> visit(path, item));
    } else if (node instanceof MappingNode mapping) {
      for (NodeTuple pair : mapping.getValue()) {
        String key = pair.getKeyNode() instanceof ScalarNode scalar ? scalar.getValue() : "?";
        String child = path.isEmpty() ? key : path + "." + key;
        visit(child, pair.getKeyNode());
        visit(child, pair.getValueNode());
      }
    }
  }

  /** What a value is without a tag. */
  private static Tag plain(Node node) {
    if (node instanceof ScalarNode scalar) {
      return RESOLVER.resolve(scalar.getValue(), scalar.getScalarStyle() == ScalarStyle.PLAIN);
    }
    return node instanceof SequenceNode ? Tag.SEQ : Tag.MAP;
  }

  private static String shown(Tag tag) {
    return tag.getValue().startsWith(Tag.PREFIX)
        ? "!!" + tag.getValue().substring(Tag.PREFIX.length())
        : tag.getValue();
  }
}
