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

  private final SweepNodes nodes;
  private final List<VariedAxis> axes;
  private final Map<String, Map<List<String>, Double>> published = new LinkedHashMap<>();

  private SweepFigures(SweepNodes nodes, List<VariedAxis> axes) {
    this.nodes = nodes;
    this.axes = axes;
  }

  /** Reads the figures, see {@link Sweep#published()}; what is wrong with them is noted. */
  static Map<String, Map<List<String>, Double>> read(
      Node section, List<VariedAxis> axes, SweepNodes nodes) {
    SweepFigures figures = new SweepFigures(nodes, axes);
    nodes
        .mapping("sweep.published", section, "a section of figures: cross, or a network")
        .forEach(figures::readPublished);
    return figures.published;
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
    nodes
        .mapping(path, node, allowed)
        .forEach(
            (name, inner) -> {
              String place = path + "." + name;
              if (known.contains(name)) {
                List<String> more = new ArrayList<>(values);
                more.add(name);
                readPublished(place, List.copyOf(more), inner, figures);
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
      String path, List<String> values, Node node, Map<List<String>, Double> figures) {
    boolean number =
        node instanceof ScalarNode
            && (node.getTag().equals(Tag.FLOAT) || node.getTag().equals(Tag.INT));
    double percent = number ? percent((ScalarNode) node) : Double.NaN;
    if (percent >= 0 && percent <= 100) {
      figures.put(values, percent / 100);
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
