package org.potstill.prior;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Arrays;
import java.util.Map;
import java.util.function.DoubleUnaryOperator;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.potstill.fixtures.FixtureFile;
import org.potstill.fixtures.FixtureFill;
import org.potstill.tensor.LibTorch;
import org.potstill.tensor.NamedTensors;
import org.potstill.tensor.Tensors;

/** The weights of the StyleGAN fixtures: formulas of the position, and constants of the file. */
final class StyleGanFill {

  private static final String KEPT = "buf.";

  /** The rules of the key lists, each a function of the base; a remark may follow it there. */
  private static final Map<String, DoubleUnaryOperator> RULES =
      Map.of(
          "1.5*base", base -> 1.5 * base,
          "0.3*base", base -> 0.3 * base,
          "150*base", base -> 150 * base,
          "10*base", base -> 10 * base,
          "base", base -> base,
          "bias", base -> 0.1 * base,
          "1+0.1*base", base -> 1 + 0.1 * base,
          "[1,0,0,0]+0.1*base", base -> 0.1 * base,
          "magnitude_ema: 1+0.5*|base|", base -> 1 + 0.5 * Math.abs(base));

  private StyleGanFill() {}

  /** The weights of a case; the caller closes them. */
  static NamedTensors state(FixtureFile file) {
    LibTorch.load();
    FixtureFill fill = FixtureFill.named(file.text("fill"), 1);
    NamedTensors state = new NamedTensors();
    for (JsonNode entry : FixtureFile.json(file.text("keys")).get("entries")) {
      try (PointerScope scope = new PointerScope()) {
        state.put(entry.get("name").asText(), entry(file, fill, entry));
      }
    }
    return state;
  }

  private static Tensor entry(FixtureFile file, FixtureFill fill, JsonNode entry) {
    String rule = entry.get("rule").asText().replaceFirst(" \\(.*", "");
    if (rule.equals("keep")) {
      return file.tensor(KEPT + entry.get("name").asText());
    }
    DoubleUnaryOperator formula = RULES.get(rule);
    if (formula == null) {
      throw new IllegalStateException(file + ": rule '" + rule + "' is not known here");
    }
    long[] shape = StyleGanKeys.shape(entry);
    float[] values = new float[(int) Arrays.stream(shape).reduce(1, (a, b) -> a * b)];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) formula.applyAsDouble(fill.base(entry.get("k").asInt(), i));
    }
    if (rule.startsWith("[1,0,0,0]")) {
      values[0] = (float) (1 + 0.1 * fill.base(entry.get("k").asInt(), 0));
    }
    return Tensors.of(values, shape);
  }
}
