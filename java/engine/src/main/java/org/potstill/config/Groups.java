package org.potstill.config;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;

/** Keys that take several values. */
final class Groups {

  private Groups() {}

  /**
   * A list; a single value stands for a list of one.
   *
   * @param element type of its values
   * @param mayRepeat whether a value may stand in it twice
   * @param mayBeEmpty whether it may have no value
   */
  record ListOf(ValueType element, boolean mayRepeat, boolean mayBeEmpty) implements ValueType {

    @Override
    public Object read(Node node, Path base) throws Unfit {
      if (Nodes.isNull(node)) {
        throw new Unfit(node, allowed());
      }
      List<Node> nodes = node instanceof SequenceNode list ? list.getValue() : List.of(node);
      List<Object> values = new ArrayList<>();
      for (Node child : nodes) {
        if (!(child instanceof ScalarNode)) {
          throw new Unfit(child, allowed());
        }
        Object value = element.read(child, base);
        if (!mayRepeat && values.contains(value)) {
          throw new Unfit(child, "every entry once");
        }
        values.add(value);
      }
      if (values.isEmpty() && !mayBeEmpty) {
        throw new Unfit(node, allowed());
      }
      return Collections.unmodifiableList(values);
    }

    @Override
    public String allowed() {
      // A number is described as one; a list holds several.
      String elements = element.allowed().replaceFirst("^a (whole )?number ", "$1numbers ");
      return (mayBeEmpty ? "a list (which may be empty) of " : "a list of ") + elements;
    }

    @Override
    public void describe(ObjectNode schema) {
      ArrayNode forms = schema.putArray("anyOf");
      element.describe(forms.addObject());
      ObjectNode list = forms.addObject().put("type", "array");
      element.describe(list.putObject("items"));
      list.put("uniqueItems", !mayRepeat).put("minItems", mayBeEmpty ? 0 : 1);
    }

    @Override
    public Object toYaml(Object value) {
      return ((List<?>) value).stream().map(element::toYaml).toList();
    }
  }

  /** Pairs of a name of the user's choice and a value. */
  record Pairs(ValueType element) implements ValueType {

    @Override
    public Object read(Node node, Path base) throws Unfit {
      if (!(node instanceof MappingNode mapping)) {
        throw new Unfit(node, allowed());
      }
      Map<String, Object> values = new LinkedHashMap<>();
      for (NodeTuple pair : mapping.getValue()) {
        if (!(pair.getKeyNode() instanceof ScalarNode name)) {
          throw new Unfit(pair.getKeyNode(), allowed());
        }
        if (values.put(name.getValue(), element.read(pair.getValueNode(), base)) != null) {
          throw new Unfit(name, "every name once");
        }
      }
      return Collections.unmodifiableMap(values);
    }

    @Override
    public String allowed() {
      return "pairs 'NAME: value' with " + element.allowed();
    }

    @Override
    public void describe(ObjectNode schema) {
      element.describe(schema.put("type", "object").putObject("additionalProperties"));
    }
  }
}
