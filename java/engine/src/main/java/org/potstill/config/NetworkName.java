package org.potstill.config;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.List;
import org.potstill.config.Words.Choice;
import org.potstill.net.Networks;
import org.snakeyaml.engine.v2.nodes.Node;

/** A key that takes the name of a network: of Potstill, or one that the user adds. */
record NetworkName() implements ValueType {

  /** Those known when it is asked for: a program may have added some since it started. */
  private static Choice known() {
    return new Choice(List.copyOf(Networks.names()));
  }

  @Override
  public Object read(Node node, Path base) throws Unfit {
    try {
      return known().read(node, base);
    } catch (Unfit e) {
      throw e.or(Networks.OF_ONES_OWN);
    }
  }

  @Override
  public String allowed() {
    return String.join(", ", Networks.builtIn()) + ", or one of your own";
  }

  @Override
  public void describe(ObjectNode schema) {
    known().describe(schema);
  }
}
