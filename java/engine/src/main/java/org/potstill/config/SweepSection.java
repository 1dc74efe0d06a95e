package org.potstill.config;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.potstill.errors.DidYouMean;
import org.potstill.errors.InputException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.nodes.Tag;

/**
 * Section {@code sweep} of a config file, which only the command of that name reads: what varies,
 * and what was published of it.
 */
final class SweepSection {

  /** Name of the section. */
  static final String NAME = "sweep";

  static final String OVER = "over";
  static final String PUBLISHED = "published";

  private static final int MOST_RUNS = 10_000;
  private static final Set<String> OWN_TO_RUNS = Set.of("run.name", "run.out");

  private final Origin origin;
  private final Problems problems;
  private final List<VariedAxis> axes = new ArrayList<>();
  private final Map<String, Map<List<String>, Double>> published = new LinkedHashMap<>();

  /** The axis that sets a key, by the key's path. */
  private final Map<String, String> setBy = new LinkedHashMap<>();

  private SweepSection(Origin origin, Problems problems) {
    this.origin = origin;
    this.problems = problems;
  }

  /**
   * An axis with what its values set.
   *
   * @param name of the axis
   * @param values in order
   */
  record VariedAxis(String name, List<Value> values) {

    private List<String> valueNames() {
      return values.stream().map(Value::name).toList();
    }
  }

  /**
   * A value of an axis.
   *
   * @param name of the value
   * @param path of the key that it sets; empty where {@code node} is a section of several
   * @param node what is set
   */
  record Value(String name, String path, Node node) {}

  /** Whether a config file has the section. */
  static boolean isIn(Node root) {
    return find(root).isPresent();
  }

  /**
   * The section of {@code file}.
   *
   * @throws InputException where there is none, with all that is wrong in it
   */
  static SweepSection read(Path file, Node root) {
    NodeTuple found =
        find(root)
            .orElseThrow(
                () ->
                    new InputException(
                        file
                            + " has no section sweep, which says what varies; 'run' runs this"
                            + " config alone"));
    Problems problems = new Problems(file.toString());
    ((MappingNode) root)
        .getValue().stream()
            .filter(pair -> NAME.equals(name(pair)) && !pair.equals(found))
            .forEach(
                pair ->
                    problems.add(
                        ConfigLoader.origin(file).place(pair.getKeyNode()),
                        NAME + ": stands here a second time"));
    SweepSection section = new SweepSection(ConfigLoader.origin(file), problems);
    section.read(found);
    problems.throwIfAny();
    return section;
  }

  /**
   * Refuses a file with the section where one run is asked for.
   *
   * @throws InputException where it has it
   */
  static void refuseIn(Path file, Node root) {
    find(root)
        .ifPresent(
            found -> {
              throw new InputException(
                  file
                      + ", line "
                      + Nodes.line(found.getKeyNode())
                      + ": sweep: this config stands for several runs; 'sweep' runs them, and each"
                      + " leaves the config.yaml of its own in its run directory");
            });
  }

  /** The file without the section. */
  static Node without(Node root) {
    MappingNode mapping = (MappingNode) root;
    List<NodeTuple> others =
        mapping.getValue().stream().filter(pair -> !NAME.equals(name(pair))).toList();
    return new MappingNode(mapping.getTag(), others, mapping.getFlowStyle());
  }

  private static Optional<NodeTuple> find(Node root) {
    return root instanceof MappingNode mapping
        ? mapping.getValue().stream().filter(pair -> NAME.equals(name(pair))).findFirst()
        : Optional.empty();
  }

  /** What varies, in order. */
  List<VariedAxis> axes() {
    return axes;
  }

  /** See {@link Sweep#published()}. */
  Map<String, Map<List<String>, Double>> published() {
    return published;
  }

  /**
   * Refuses an option that sets what varies.
   *
   * @throws InputException naming the option and the axis
   */
  void refuse(Setting setting) {
    setBy.forEach(
        (key, axis) -> {
          if (key.equals(setting.path()) || key.startsWith(setting.path() + ".")) {
            String along = axis.equals(key) ? "" : ", along " + axis;
            throw new InputException(
                setting.option()
                    + ": "
                    + key
                    + " varies in this sweep"
                    + along
                    + "; --only '"
                    + axis
                    + "=VALUE' runs a part of it");
          }
        });
  }

  private void read(NodeTuple section) {
    Map<String, Node> parts = mapping(NAME, section.getValueNode(), "a section of over, published");
    for (Map.Entry<String, Node> part : parts.entrySet()) {
      String name = part.getKey();
      if (!name.equals(OVER) && !name.equals(PUBLISHED)) {
        String hint = DidYouMean.hint(name, List.of(OVER, PUBLISHED));
        report(
            part.getValue(),
            "sweep." + name + ": unknown key" + hint + "; allowed: over, published");
      }
    }
    if (!parts.containsKey(OVER)) {
      if (problems.isEmpty()) {
        report(section.getKeyNode(), "sweep.over: has to be given; allowed: a section of axes");
      }
      return;
    }
    readAxes(parts.get(OVER));
    if (parts.containsKey(PUBLISHED) && problems.isEmpty()) {
      mapping("sweep.published", parts.get(PUBLISHED), "a section of figures: cross, or a network")
          .forEach(this::readPublished);
    }
  }

  private void readAxes(Node node) {
    String allowed = "a section of axes, each a key with a list, or a name with a section";
    Map<String, Node> all = mapping("sweep.over", node, allowed);
    if (all.isEmpty() && problems.isEmpty()) {
      report(node, "sweep.over: found nothing; allowed: " + allowed);
    }
    all.forEach(this::readAxis);
    long runs = 1;
    for (VariedAxis axis : axes) {
      runs = Math.min(Integer.MAX_VALUE, runs * axis.values().size());
    }
    if (runs > MOST_RUNS) {
      report(node, "sweep.over: more than " + MOST_RUNS + " runs");
    }
    if (!axes.isEmpty() && axes.get(axes.size() - 1).valueNames().contains(Sweep.MEAN)) {
      report(node, "sweep.over: 'mean' stands for the mean along the last axis; name it otherwise");
    }
  }

  private void readAxis(String name, Node node) {
    if (Sweep.COLUMNS.contains(name)) {
      report(
          node,
          "sweep.over."
              + name
              + ": the table has a column of that name (its own: "
              + String.join(", ", Sweep.COLUMNS)
              + "); name it otherwise");
    }
    List<Value> values = node instanceof SequenceNode list ? listed(name, list) : named(name, node);
    Set<String> names = new LinkedHashSet<>();
    Set<String> keys = new LinkedHashSet<>();
    for (Value value : values) {
      if (!names.add(value.name())) {
        report(value.node(), "sweep.over." + name + ": " + value.name() + " stands here twice");
      }
      keys.addAll(keysOf(value));
    }
    for (String key : keys) {
      String other = setBy.putIfAbsent(key, name);
      if (other != null) {
        report(node, "sweep.over." + name + ": sets " + key + ", which varies along " + other);
      }
      if (OWN_TO_RUNS.contains(key)) {
        report(node, "sweep.over." + name + ": sets " + key + ", which every run has its own of");
      }
    }
    axes.add(new VariedAxis(name, values));
  }

  /** Values of one key. */
  private List<Value> listed(String key, SequenceNode list) {
    if (ConfigKeys.byPath(key) == null) {
      String hint = DidYouMean.hint(key, ConfigKeys.all().stream().map(Key::path).toList());
      report(
          list,
          "sweep.over."
              + key
              + ": a list is of values of a key, and there is no key "
              + key
              + hint
              + "; several settings together are a section: VALUE: {KEY: ..., KEY: ...}");
      return List.of();
    }
    if (list.getValue().isEmpty()) {
      report(list, "sweep.over." + key + ": found an empty list; allowed: one value or more");
    }
    return list.getValue().stream().map(node -> new Value(text(node), key, node)).toList();
  }

  /** Settings by the name of the value. */
  private List<Value> named(String axis, Node node) {
    String allowed = "a list of values of a key, or a section of values with their settings";
    List<Value> values = new ArrayList<>();
    mapping("sweep.over." + axis, node, allowed)
        .forEach(
            (name, settings) -> {
              if (settings instanceof MappingNode) {
                values.add(new Value(name, "", settings));
              } else {
                report(settings, noSettings(axis, name, settings));
              }
            });
    if (values.isEmpty() && problems.isEmpty()) {
      report(node, "sweep.over." + axis + ": found nothing; allowed: " + allowed);
    }
    return values;
  }

  private static String noSettings(String axis, String value, Node found) {
    String place = "sweep.over." + axis + "." + value;
    return ConfigKeys.byPath(axis + "." + value) != null
        ? place
            + ": a key that varies is written with its whole path: '"
            + axis
            + "."
            + value
            + ": [...]' in sweep.over"
        : place
            + ": found "
            + Nodes.describe(found)
            + "; allowed: a section of settings, for example {prune.keep: 0.5}";
  }

  /** Paths of the keys that a value sets; what is wrong with it is noted. */
  private Set<String> keysOf(Value value) {
    ConfigReader reader = new ConfigReader(problems);
    reader.read(value.path(), value.node(), origin);
    return value.path().isEmpty() ? reader.values().keySet() : Set.of(value.path());
  }

  private void readPublished(String figure, Node node) {
    Map<List<String>, Double> figures = new LinkedHashMap<>();
    readPublished("sweep.published." + figure, List.of(), node, figures);
    published.put(figure, figures);
  }

  private void readPublished(
      String path, List<String> values, Node node, Map<List<String>, Double> figures) {
    if (values.size() == axes.size()) {
      readFigure(path, values, node, figures);
      return;
    }
    VariedAxis axis = axes.get(values.size());
    List<String> known = new ArrayList<>(axis.valueNames());
    if (values.size() == axes.size() - 1) {
      known.add(Sweep.MEAN);
    }
    String allowed = "a section of " + String.join(", ", known);
    mapping(path, node, allowed)
        .forEach(
            (name, inner) -> {
              String place = path + "." + name;
              if (known.contains(name)) {
                List<String> more = new ArrayList<>(values);
                more.add(name);
                readPublished(place, List.copyOf(more), inner, figures);
              } else {
                report(
                    inner,
                    place
                        + ": "
                        + axis.name()
                        + " has no value "
                        + name
                        + DidYouMean.hint(name, known)
                        + "; allowed: "
                        + String.join(", ", known));
              }
            });
  }

  private void readFigure(
      String path, List<String> values, Node node, Map<List<String>, Double> figures) {
    boolean number =
        node instanceof ScalarNode
            && (node.getTag().equals(Tag.FLOAT) || node.getTag().equals(Tag.INT));
    double percent = number ? percent((ScalarNode) node) : Double.NaN;
    if (percent >= 0 && percent <= 100) {
      figures.put(values, percent / 100);
    } else {
      report(node, path + ": found " + Nodes.describe(node) + "; allowed: a percentage, 0 to 100");
    }
  }

  /** NaN where YAML has spellings of a number that Java has not, such as .inf or 0x1F. */
  private static double percent(ScalarNode node) {
    try {
      return Double.parseDouble(node.getValue());
    } catch (NumberFormatException e) {
      return Double.NaN;
    }
  }

  private Map<String, Node> mapping(String path, Node node, String allowed) {
    if (!(node instanceof MappingNode mapping)) {
      report(node, path + ": found " + Nodes.describe(node) + "; allowed: " + allowed);
      return Map.of();
    }
    Map<String, Node> pairs = new LinkedHashMap<>();
    for (NodeTuple pair : mapping.getValue()) {
      if (pairs.putIfAbsent(name(pair), pair.getValueNode()) != null) {
        report(pair.getKeyNode(), path + "." + name(pair) + ": stands here a second time");
      }
    }
    return pairs;
  }

  private void report(Node node, String message) {
    problems.add(origin.place(node), message);
  }

  private static String name(NodeTuple pair) {
    return text(pair.getKeyNode());
  }

  /** How a value is called: as it is written, the elements of a list with + between them. */
  private static String text(Node node) {
    if (node instanceof SequenceNode list) {
      return list.getValue().stream().map(SweepSection::word).collect(Collectors.joining("+"));
    }
    return word(node);
  }

  private static String word(Node node) {
    return node instanceof ScalarNode scalar ? scalar.getValue() : "?";
  }
}
