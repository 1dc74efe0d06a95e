package org.potstill.prior.ldm;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.potstill.fixtures.FixtureFile;
import org.potstill.fixtures.FixtureFill;
import org.potstill.tensor.LibTorch;
import org.potstill.tensor.NamedTensors;
import org.potstill.tensor.Tensors;

/** Shapes and weights of the latent diffusion fixtures, from a key list. */
final class LdmFill {

  private static final String OWN_GAIN = "weight gain ";
  private static final double GAIN = 1.5;

  private LdmFill() {}

  /** Names and shapes in order. */
  static Map<String, List<Long>> shapes(JsonNode keys) {
    Map<String, List<Long>> shapes = new LinkedHashMap<>();
    for (JsonNode entry : keys.get("entries")) {
      List<Long> shape = new ArrayList<>();
      entry.get("shape").forEach(size -> shape.add(size.asLong()));
      shapes.put(entry.get("name").asText(), shape);
    }
    return shapes;
  }

  /** The weights of a case, filled as its config says; the caller closes them. */
  static NamedTensors state(FixtureFile file, JsonNode keys) {
    return state(keys, file.config().path("fill").asText("hash"), gain(file));
  }

  /** That of the config, or the one that the manifest takes for granted. */
  static double gain(FixtureFile file) {
    return file.config().path("gain").asDouble(GAIN);
  }

  /** The weights without the buffers of the schedule; the caller closes them. */
  static NamedTensors state(JsonNode keys, String base, double gain) {
    LibTorch.load();
    FixtureFill fill = FixtureFill.named(base, gain);
    Map<String, List<Long>> shapes = shapes(keys);
    NamedTensors state = new NamedTensors();
    for (JsonNode entry : keys.get("entries")) {
      String rule = entry.get("rule").asText();
      if (!rule.equals("keep")) {
        long[] shape =
            shapes.get(entry.get("name").asText()).stream().mapToLong(Long::longValue).toArray();
        try (PointerScope scope = new PointerScope()) {
          float[] values = values(fill, rule, gain, entry.get("k").asInt(), shape);
          state.put(entry.get("name").asText(), Tensors.of(values, shape));
        }
      }
    }
    return state;
  }

  private static float[] values(FixtureFill fill, String rule, double gain, int k, long[] shape) {
    long fanIn = 1;
    for (int i = 1; i < shape.length; i++) {
      fanIn *= shape[i];
    }
    float[] values = new float[Math.toIntExact(fanIn * shape[0])];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) value(rule, gain, fill.base(k, i), fanIn);
    }
    return values;
  }

  private static double value(String rule, double gain, double base, long fanIn) {
    if (rule.startsWith(OWN_GAIN)) {
      double own = Double.parseDouble(rule.substring(OWN_GAIN.length()));
      return base * (own / Math.sqrt((double) fanIn));
    }
    return switch (rule) {
      case "weight" -> base * (gain / Math.sqrt((double) fanIn));
      case "scale" -> 1 + 0.1 * base;
      case "bias" -> 0.1 * base;
      case "base" -> base;
      case "1.2*base" -> 1.2 * base;
      default -> throw new IllegalArgumentException("fill rule '" + rule + "' is not known here");
    };
  }
}
