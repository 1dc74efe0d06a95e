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
    this("found " + Nodes.describe(where) + "; allowed: " + allowed, where);
  }

  private Unfit(String message, Node where) {
    super(message);
    this.where = where;
  }

  /** The same with something else that the key takes. */
  Unfit or(String other) {
    return new Unfit(getMessage() + "; or " + other, where);
  }

  /** The value, or the element of it, that does not fit. */
  Node where() {
    return where;
  }
}
