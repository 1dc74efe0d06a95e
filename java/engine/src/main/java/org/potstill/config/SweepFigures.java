package org.potstill.config;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.potstill.config.SweepAxes.VariedAxis;
import org.potstill.errors.DidYouMean;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.Tag;

/** What was published of a sweep: {@code sweep.published}. */
final class SweepFigures {

  private static final String PATH = "sweep.published";
  private static final String FIGURES = "a section of figures: cross, or a network";

  private final SweepNodes nodes;
  private final List<VariedAxis> axes;
  private final Map<String, Map<List<String>, Double>> figures = new LinkedHashMap<>();
  private final Map<String, Map<String, Map<List<String>, Double>>> baselines =
      new LinkedHashMap<>();

  private SweepFigures(SweepNodes nodes, List<VariedAxis> axes) {
    this.nodes = nodes;
    this.axes = axes;
  }

  /** Where nothing was published. */
  static SweepFigures none() {
    return new SweepFigures(null, List.of());
  }

  /** Reads the figures; what is wrong with them is noted. */
  static SweepFigures read(Node section, List<VariedAxis> axes, SweepNodes nodes) {
    SweepFigures published = new SweepFigures(nodes, axes);
    nodes
        .mapping(PATH, section, FIGURES + "; or of baselines")
        .forEach(published::readFigureOrBaseline);
    return published;
  }

  /** See {@link Sweep#published()}. */
  Map<String, Map<List<String>, Double>> figures() {
    return figures;
  }

  /** See {@link Sweep#publishedBaselines()}. */
  Map<String, Map<String, Map<List<String>, Double>>> baselines() {
    return baselines;
  }

  private void readFigureOrBaseline(String name, Node node) {
    String path = PATH + "." + name;
    if (!OutputKeys.BASELINES.contains(name)) {
      figures.put(name, readPublished(path, node, true));
      return;
    }
    Map<String, Map<List<String>, Double>> baseline = new LinkedHashMap<>();
    nodes
        .mapping(path, node, FIGURES)
        .forEach(
            (figure, inner) ->
                baseline.put(figure, readPublished(path + "." + figure, inner, false)));
    baselines.put(name, baseline);
  }

  private Map<List<String>, Double> readPublished(String path, Node node, boolean mean) {
    Map<List<String>, Double> found = new LinkedHashMap<>();
    readPublished(path, List.of(), node, mean, found);
    return found;
  }

  private void readPublished(
      String path, List<String> values, Node node, boolean mean, Map<List<String>, Double> found) {
    if (values.size() == axes.size()) {
      readFigure(path, values, node, found);
      return;
    }
    VariedAxis axis = axes.get(values.size());
    List<String> known = new ArrayList<>(axis.valueNames());
    if (mean && values.size() == axes.size() - 1) {
      known.add(Sweep.MEAN);
    }
    String allowed = "a section of " + String.join(", ", known);
    nodes
        .mapping(path, node, allowed)
        .forEach(
            (name, inner) -> {
              String place = path + "." + name;
              if (known.contains(name)) {
                List<String> more = new ArrayList<>(values);
                more.add(name);
                readPublished(place, List.copyOf(more), inner, mean, found);
              } else {
                nodes.report(
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
      String path, List<String> values, Node node, Map<List<String>, Double> found) {
    boolean number =
        node instanceof ScalarNode
            && (node.getTag().equals(Tag.FLOAT) || node.getTag().equals(Tag.INT));
    double percent = number ? percent((ScalarNode) node) : Double.NaN;
    if (percent >= 0 && percent <= 100) {
      found.put(values, percent / 100);
    } else {
      nodes.report(
          node, path + ": found " + Nodes.describe(node) + "; allowed: a percentage, 0 to 100");
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
}
