package org.potstill.config;

import java.util.List;
import java.util.Map;
import org.potstill.errors.DidYouMean;
import org.potstill.errors.InputException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;

/**
 * Section {@code sweep} of a config file, which only the command of that name reads.
 *
 * @param axes what varies
 * @param published what the runs are to be compared with
 */
record SweepSection(SweepAxes axes, SweepFigures published) {

  /** Name of the section. */
  static final String NAME = "sweep";

  static final String OVER = "over";
  static final String PUBLISHED = "published";

  private static final List<String> PARTS = List.of(OVER, PUBLISHED);

  /** Whether a config file has the section. */
  static boolean isIn(Node root) {
    return !find(root).isEmpty();
  }

  /**
   * The section of {@code file}.
   *
   * @throws InputException where there is none, with all that is wrong in it
   */
  static SweepSection read(ConfigFile file) {
    List<NodeTuple> found = find(file.root());
    if (found.isEmpty()) {
      throw new InputException(
          file.path()
              + " has no section sweep, which says what varies; 'run' runs this config alone");
    }
    Problems problems = new Problems(file.path().toString());
    SweepNodes nodes = new SweepNodes(ConfigLoader.origin(file.path()), problems);
    found
        .subList(1, found.size())
        .forEach(pair -> nodes.report(pair.getKeyNode(), NAME + ": is given a second time"));
    SweepSection section = read(found.get(0), nodes);
    problems.throwIfAny();
    return section;
  }

  /** Null where something is wrong, which is noted. */
  private static SweepSection read(NodeTuple section, SweepNodes nodes) {
    Map<String, Node> parts =
        nodes.mapping(NAME, section.getValueNode(), "a section of over, published");
    parts.forEach(
        (name, node) -> {
          if (!PARTS.contains(name)) {
            String hint = DidYouMean.hint(name, PARTS);
            nodes.report(
                node, "sweep." + name + ": unknown key" + hint + "; allowed: over, published");
          }
        });
    if (!parts.containsKey(OVER)) {
      if (nodes.areFine()) {
        nodes.report(section.getKeyNode(), "sweep.over: is required; allowed: a section of axes");
      }
      return null;
    }
    SweepAxes axes = SweepAxes.read(parts.get(OVER), nodes);
    boolean compared = parts.containsKey(PUBLISHED) && nodes.areFine();
    return new SweepSection(
        axes,
        compared
            ? SweepFigures.read(parts.get(PUBLISHED), axes.all(), nodes)
            : SweepFigures.none());
  }

  /**
   * Refuses a file with the section where one run is asked for.
   *
   * @throws InputException where it has it
   */
  static void refuseIn(ConfigFile file) {
    for (NodeTuple found : find(file.root())) {
      throw new InputException(
          file.path()
              + ", line "
              + Nodes.line(found.getKeyNode())
              + ": sweep: this config stands for several runs; 'sweep' runs them, and each"
              + " leaves its own config.yaml in its run directory");
    }
  }

  /** The file without the section. */
  static Node without(Node root) {
    MappingNode mapping = (MappingNode) root;
    List<NodeTuple> others = mapping.getValue().stream().filter(pair -> !isSection(pair)).toList();
    return new MappingNode(mapping.getTag(), others, mapping.getFlowStyle());
  }

  private static List<NodeTuple> find(Node root) {
    return root instanceof MappingNode mapping
        ? mapping.getValue().stream().filter(SweepSection::isSection).toList()
        : List.of();
  }

  private static boolean isSection(NodeTuple pair) {
    return SweepNodes.name(pair).equals(NAME);
  }
}
