package org.potstill.config;

import org.snakeyaml.engine.v2.nodes.Node;

/** A value that its key does not take. */
final class Unfit extends Exception {

  private final transient Node where;

  /**
   * With what was found and what the key takes.
   *
   * @param where the value, or the element of it, that does not fit
   */
  Unfit(Node where, String allowed) {
    super("found " + Nodes.describe(where) + "; allowed: " + allowed);
    this.where = where;
  }

  /** The value, or the element of it, that does not fit. */
  Node where() {
    return where;
  }
}
