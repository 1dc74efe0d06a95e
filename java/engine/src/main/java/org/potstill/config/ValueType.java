package org.potstill.config;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import org.snakeyaml.engine.v2.nodes.Node;

/**
 * What a key takes: how it is read and checked, described to people and to editors, and written.
 *
 * <p>Values are held as {@code Long}, {@code Double}, {@code Boolean}, {@code String}, {@code
 * Path}, {@code List}, {@code Map} or null.
 */
interface ValueType {

  /** What {@link #read} gives where the user asks for the default by name. */
  Object DEFAULT = new Object();

  /**
   * The value of {@code node}.
   *
   * @param base folder that relative paths are relative to
   * @throws Unfit where the type or the value is not allowed
   */
  Object read(Node node, Path base) throws Unfit;

  /** What is allowed, in the words of an error message. */
  String allowed();

  /** Adds to {@code schema} what JSON Schema can say of it. */
  void describe(ObjectNode schema);

  /** The value as it stands in a YAML file. */
  default Object toYaml(Object value) {
    return value;
  }
}
