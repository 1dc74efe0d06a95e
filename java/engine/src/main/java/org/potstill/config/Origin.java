package org.potstill.config;

import java.nio.file.Path;
import org.snakeyaml.engine.v2.nodes.Node;

/**
 * Where settings come from.
 *
 * @param option the option of the command line that says it; null for a file
 * @param base folder that relative paths are relative to
 */
record Origin(String option, Path base) {

  /** How an error message names the place of {@code node}; empty where it is not known. */
  String place(Node node) {
    if (option != null) {
      return option;
    }
    int line = node == null ? 0 : Nodes.line(node);
    return line == 0 ? "" : "line " + line;
  }
}
