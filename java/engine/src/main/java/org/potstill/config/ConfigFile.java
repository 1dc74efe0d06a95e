package org.potstill.config;

import java.nio.file.Path;
import org.potstill.errors.InputException;
import org.snakeyaml.engine.v2.nodes.Node;

/** A config file, read once: it may be a pipe, whose content cannot be had a second time. */
public final class ConfigFile {

  private final Path path;
  private final Node root;

  private ConfigFile(Path path, Node root) {
    this.path = path;
    this.root = root;
  }

  /**
   * Reads {@code path}.
   *
   * @throws InputException where it cannot be read, is no YAML, or is empty
   */
  public static ConfigFile read(Path path) {
    Node root =
        YamlText.compose(path.toString(), YamlText.read(path))
            .filter(node -> !Nodes.isNull(node))
            .orElseThrow(
                () -> new InputException(path + " is empty; 'init' writes a config to begin with"));
    return new ConfigFile(path, root);
  }

  /** Whether it stands for several runs. */
  public boolean isSweep() {
    return SweepSection.isIn(root);
  }

  /** Where it lies. */
  Path path() {
    return path;
  }

  /** What it holds. */
  Node root() {
    return root;
  }
}
