package org.potstill.prior;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.potstill.fixtures.FixtureFile;

/** A key list of the StyleGAN fixtures. */
final class StyleGanKeys {

  private static final int RGB = 3;

  private StyleGanKeys() {}

  static long[] shape(JsonNode entry) {
    JsonNode shape = entry.get("shape");
    long[] result = new long[shape.size()];
    for (int i = 0; i < result.length; i++) {
      result[i] = shape.get(i).asLong();
    }
    return result;
  }

  static Map<String, long[]> shapes(JsonNode keys) {
    Map<String, long[]> shapes = new LinkedHashMap<>();
    keys.get("entries").forEach(entry -> shapes.put(entry.get("name").asText(), shape(entry)));
    return shapes;
  }

  /** "NAME [SHAPE]" in order. */
  static List<String> lines(Map<String, long[]> shapes) {
    List<String> lines = new ArrayList<>();
    shapes.forEach((name, shape) -> lines.add(name + " " + Arrays.toString(shape)));
    return lines;
  }

  private static StyleGanConfig.Embeddings embeddings(Map<String, long[]> shapes) {
    long[] table = shapes.get("mapping.embed.weight");
    return new StyleGanConfig.Embeddings((int) table[0], (int) table[1]);
  }

  /** The configuration that the metadata of a case states. */
  static StyleGanConfig config(FixtureFile file) {
    JsonNode whole = file.config();
    JsonNode stem = whole.has("stem") ? whole.get("stem") : whole;
    List<StyleGanConfig.Head> heads =
        whole.has("stem")
            ? List.of(
                new StyleGanConfig.Head(
                    whole.get("head_layers").asInt(), whole.get("up_factor").asInt()))
            : List.of();
    return new StyleGanConfig(
        stem.get("z_dim").asInt(),
        stem.get("w_dim").asInt(),
        stem.get("c_dim").asInt(),
        embeddings(shapes(FixtureFile.json(file.text("keys")))),
        RGB,
        stem.get("img_resolution").asInt(),
        stem.get("num_layers").asInt(),
        stem.get("channel_base").asInt(),
        stem.get("channel_max").asInt(),
        heads);
  }

  /**
   * The configuration of a full-size generator: a stem of 16 pixels and 10 layers with heads of 7
   * where there are classes, as its note says, else the plain generator that is drawn at random.
   */
  static StyleGanConfig fullConfig(JsonNode keys, int resolution) {
    StyleGanConfig.Embeddings embeddings = embeddings(shapes(keys));
    int classes = keys.get("c_dim").asInt();
    int zDim = keys.get("z_dim").asInt();
    int wDim = keys.get("w_dim").asInt();
    if (classes == 0) {
      int layers = keys.get("num_ws").asInt() - 2;
      return new StyleGanConfig(
          zDim, wDim, 0, embeddings, RGB, resolution, layers, 32768, 512, List.of());
    }
    List<StyleGanConfig.Head> heads = new ArrayList<>();
    for (int size = 16; size < resolution; size *= 2) {
      heads.add(new StyleGanConfig.Head(7, 2));
    }
    return new StyleGanConfig(zDim, wDim, classes, embeddings, RGB, 16, 10, 65536, 1024, heads);
  }
}
