package org.potstill.config;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import org.potstill.errors.DidYouMean;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.Tag;

/** Keys that take a word or a text. */
final class Words {

  /** How precisely a network may compute. */
  static final Choice PRECISION = new Choice(List.of("f32", "tf32", "bf16"));

  private Words() {}

  /** One of a few words. */
  record Choice(List<String> words) implements ValueType {

    /** One of the constants of an enum, in lower case with hyphens. */
    static <E extends Enum<E>> Choice of(Class<E> type) {
      return new Choice(Arrays.stream(type.getEnumConstants()).map(Words::of).toList());
    }

    @Override
    public Object read(Node node, Path base) throws Unfit {
      if (node instanceof ScalarNode scalar && words.contains(scalar.getValue())) {
        return scalar.getValue();
      }
      String hint =
          node instanceof ScalarNode scalar ? DidYouMean.hint(scalar.getValue(), words) : "";
      throw new Unfit(node, allowed() + hint);
    }

    @Override
    public String allowed() {
      return String.join(", ", words);
    }

    @Override
    public void describe(ObjectNode schema) {
      words.forEach(schema.putArray("enum")::add);
    }
  }

  /** Yes or no. */
  record Flag() implements ValueType {

    @Override
    public Object read(Node node, Path base) throws Unfit {
      if (node instanceof ScalarNode scalar && node.getTag().equals(Tag.BOOL)) {
        return Boolean.valueOf(scalar.getValue());
      }
      throw new Unfit(node, allowed());
    }

    @Override
    public String allowed() {
      return "true, false";
    }

    @Override
    public void describe(ObjectNode schema) {
      schema.put("type", "boolean");
    }
  }

  /**
   * A text of a given form.
   *
   * @param allowed the form in words
   */
  record Text(Pattern form, String allowed) implements ValueType {

    @Override
    public Object read(Node node, Path base) throws Unfit {
      boolean fits =
          node instanceof ScalarNode scalar
              && !Nodes.isNull(node)
              && form.matcher(scalar.getValue()).matches();
      if (!fits) {
        throw new Unfit(node, allowed);
      }
      return ((ScalarNode) node).getValue();
    }

    @Override
    public void describe(ObjectNode schema) {
      // Plain numbers are texts here: a class may be named 7.
      schema.putArray("type").add("string").add("number");
      schema.put("pattern", "^(" + form.pattern() + ")$");
    }
  }

  /**
   * A DSA strategy: operations joined by '_', none of them twice, or {@code none}.
   *
   * @param others that have names of their own
   */
  record Strategy(List<String> operations, List<String> others) implements ValueType {

    private static final String NONE = "none";

    @Override
    public Object read(Node node, Path base) throws Unfit {
      if (!(node instanceof ScalarNode scalar)) {
        throw new Unfit(node, allowed());
      }
      if (scalar.getValue().equals(NONE)) {
        return "";
      }
      if (others.contains(scalar.getValue())) {
        return scalar.getValue();
      }
      List<String> asked = List.of(scalar.getValue().split("_", -1));
      Set<String> distinct = new LinkedHashSet<>(asked);
      if (distinct.size() < asked.size() || !operations.containsAll(distinct)) {
        throw new Unfit(node, allowed());
      }
      return scalar.getValue();
    }

    @Override
    public String allowed() {
      List<String> whole = new ArrayList<>(others);
      whole.add(NONE);
      return String.join(", ", operations) + " joined by '_', or " + String.join(", or ", whole);
    }

    @Override
    public void describe(ObjectNode schema) {
      String one = "(" + String.join("|", operations) + ")";
      List<String> whole = new ArrayList<>(List.of(NONE));
      whole.addAll(others);
      String pattern = "^(" + String.join("|", whole) + "|" + one + "(_" + one + ")*)$";
      schema.put("type", "string").put("pattern", pattern);
    }

    @Override
    public Object toYaml(Object value) {
      return value.equals("") ? NONE : value;
    }
  }

  /** The name of an enum constant in a config: lower case, hyphens for underscores. */
  static String of(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
