package org.potstill.config;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.Tag;

/** Keys that take a number. */
final class Numbers {

  /** Networks compute with float32, which ends at 3e38; products have to fit as well. */
  static final double LARGEST = 1e30;

  private static final double LARGEST_EXACT = 1e15;

  private Numbers() {}

  /** A whole number from {@code min} to {@code max}, both allowed. */
  record Whole(long min, long max) implements ValueType {

    @Override
    public Object read(Node node, Path base) throws Unfit {
      if (node instanceof ScalarNode scalar && node.getTag().equals(Tag.INT)) {
        try {
          long value = Long.parseLong(scalar.getValue());
          if (value >= min && value <= max) {
            return value;
          }
        } catch (NumberFormatException e) {
          // Beyond 64 bits, octal or hexadecimal: not allowed, as told below.
        }
        throw new Unfit(node, exactly());
      }
      throw new Unfit(node, allowed());
    }

    @Override
    public String allowed() {
      return max >= Integer.MAX_VALUE ? "a whole number from " + min : exactly();
    }

    private String exactly() {
      return "a whole number from " + min + " to " + max;
    }

    @Override
    public void describe(ObjectNode schema) {
      schema.put("type", "integer").put("minimum", min);
      if (max < Integer.MAX_VALUE) {
        schema.put("maximum", max);
      }
    }
  }

  /**
   * A finite number.
   *
   * @param max {@link #LARGEST} where any is allowed
   * @param aboveMin whether {@code min} itself is not allowed
   * @param belowMax whether {@code max} itself is not allowed
   */
  record Real(double min, boolean aboveMin, double max, boolean belowMax) implements ValueType {

    @Override
    public Object read(Node node, Path base) throws Unfit {
      boolean number = node.getTag().equals(Tag.INT) || node.getTag().equals(Tag.FLOAT);
      if (number && node instanceof ScalarNode scalar) {
        try {
          double value = Double.parseDouble(scalar.getValue());
          if (Double.isFinite(value) && fits(value)) {
            return value == 0 ? 0.0 : value;
          }
          throw new Unfit(node, value > max ? exactly() : allowed());
        } catch (NumberFormatException e) {
          // .nan, .inf, octal or hexadecimal: not allowed, as told below.
        }
      }
      throw new Unfit(node, allowed());
    }

    private boolean fits(double value) {
      return (aboveMin ? value > min : value >= min) && (belowMax ? value < max : value <= max);
    }

    @Override
    public String allowed() {
      return max == LARGEST ? from() : exactly();
    }

    private String from() {
      return "a number " + (aboveMin ? "above " : "from ") + plain(min);
    }

    private String exactly() {
      return from() + (belowMax ? " and below " : aboveMin ? " and at most " : " to ") + plain(max);
    }

    @Override
    public void describe(ObjectNode schema) {
      schema.put("type", "number").put(aboveMin ? "exclusiveMinimum" : "minimum", min);
      if (max < LARGEST) {
        schema.put(belowMax ? "exclusiveMaximum" : "maximum", max);
      }
    }

    @Override
    public Object toYaml(Object value) {
      return plain((Double) value);
    }
  }

  /**
   * A number, or {@code auto} for the default; it is written as the number that was taken.
   *
   * @param number the numbers allowed
   */
  record RealOrAuto(Real number) implements ValueType {

    private static final String AUTO = "auto";

    @Override
    public Object read(Node node, Path base) throws Unfit {
      if (node instanceof ScalarNode scalar && scalar.getValue().equals(AUTO)) {
        return DEFAULT;
      }
      try {
        return number.read(node, base);
      } catch (Unfit e) {
        throw new Unfit(node, allowed());
      }
    }

    @Override
    public String allowed() {
      return number.allowed() + ", or " + AUTO;
    }

    @Override
    public void describe(ObjectNode schema) {
      ArrayNode either = schema.putArray("anyOf");
      number.describe(either.addObject());
      either.addObject().put("const", AUTO);
    }

    @Override
    public Object toYaml(Object value) {
      return number.toYaml(value);
    }
  }

  /** The number without a fraction where it has none. */
  static Object plain(double value) {
    boolean whole = value == Math.rint(value) && Math.abs(value) < LARGEST_EXACT;
    if (whole) {
      return (long) value;
    }
    return value;
  }
}
