package org.potstill.weights;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.potstill.errors.InputException;

/**
 * The JSON header of a safetensors file.
 *
 * @param tensors in the order of the header
 * @param metadata free text by key
 */
record SafetensorsHeader(Map<String, TensorInfo> tensors, Map<String, String> metadata) {

  private static final String METADATA = "__metadata__";

  private static final ObjectMapper JSON =
      new ObjectMapper()
          .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  /**
   * Reads a header and checks every size and offset in it.
   *
   * @param dataBytes bytes that follow the header in the file
   * @throws InputException where it is not a valid header of that much data
   */
  static SafetensorsHeader parse(byte[] json, long dataBytes, Path file) {
    Map<String, TensorInfo> tensors = new LinkedHashMap<>();
    Map<String, String> metadata = new LinkedHashMap<>();
    JsonNode root = tree(json, file);
    root.properties()
        .forEach(
            property -> {
              if (property.getKey().equals(METADATA)) {
                readMetadata(property.getValue(), metadata, file);
              } else {
                tensors.put(
                    property.getKey(), tensor(property.getKey(), property.getValue(), file));
              }
            });
    requireCovered(tensors, dataBytes, file);
    return new SafetensorsHeader(tensors, metadata);
  }

  private static JsonNode tree(byte[] json, Path file) {
    try {
      JsonNode root = JSON.readTree(json);
      if (root.isObject()) {
        return root;
      }
    } catch (JsonProcessingException e) {
      throw new InputException(
          file
              + " is not a safetensors file: its header is not valid JSON, "
              + e.getOriginalMessage(),
          e);
    } catch (IOException e) {
      throw new InputException(file + " is not a safetensors file: " + e.getMessage(), e);
    }
    throw new InputException(file + " is not a safetensors file: its header is not a JSON object");
  }

  private static void readMetadata(JsonNode node, Map<String, String> metadata, Path file) {
    for (Map.Entry<String, JsonNode> entry : node.properties()) {
      if (!entry.getValue().isTextual()) {
        throw new InputException(
            file + ": metadata '" + entry.getKey() + "' is not text, as safetensors wants it");
      }
      metadata.put(entry.getKey(), entry.getValue().textValue());
    }
  }

  private static TensorInfo tensor(String name, JsonNode node, Path file) {
    String typeName = node.path("dtype").asText("");
    ElementType type = ElementType.named(typeName);
    if (type == null) {
      throw new InputException(
          file
              + ": tensor '"
              + name
              + "' has element type '"
              + typeName
              + "'; those read are "
              + Arrays.toString(ElementType.values()));
    }
    List<Long> shape = longs(node.path("shape"), name, "shape", file);
    List<Long> offsets = longs(node.path("data_offsets"), name, "data_offsets", file);
    if (offsets.size() != 2 || offsets.get(1) < offsets.get(0)) {
      throw new InputException(file + ": tensor '" + name + "' has data_offsets " + offsets);
    }
    long bytes = offsets.get(1) - offsets.get(0);
    if (bytes != sizeOrMinusOne(type, shape)) {
      throw new InputException(
          file
              + ": tensor '"
              + name
              + "' of "
              + typeName
              + " "
              + shape
              + " lies in "
              + bytes
              + " bytes, which is not its size");
    }
    return new TensorInfo(type, shape, offsets.get(0), bytes);
  }

  private static long sizeOrMinusOne(ElementType type, List<Long> shape) {
    try {
      return TensorInfo.size(type, shape);
    } catch (ArithmeticException e) {
      return -1;
    }
  }

  private static List<Long> longs(JsonNode node, String name, String key, Path file) {
    List<Long> values = new ArrayList<>();
    boolean valid = node.isArray();
    for (JsonNode element : node) {
      valid &= element.isIntegralNumber() && element.canConvertToLong() && element.longValue() >= 0;
      values.add(element.longValue());
    }
    if (!valid) {
      throw new InputException(
          file + ": tensor '" + name + "' has " + key + " " + node + ", not a list of sizes");
    }
    return List.copyOf(values);
  }

  /** Tensors lie one after the other and fill the data, as the format demands. */
  private static void requireCovered(Map<String, TensorInfo> tensors, long dataBytes, Path file) {
    List<Map.Entry<String, TensorInfo>> byOffset = new ArrayList<>(tensors.entrySet());
    byOffset.sort(
        Comparator.comparingLong((Map.Entry<String, TensorInfo> e) -> e.getValue().begin())
            .thenComparingLong(e -> e.getValue().end()));
    long position = 0;
    for (Map.Entry<String, TensorInfo> entry : byOffset) {
      TensorInfo info = entry.getValue();
      if (info.end() > dataBytes) {
        throw new InputException(
            file
                + " ends early: tensor '"
                + entry.getKey()
                + "' ends at byte "
                + info.end()
                + " of the data, of which there are "
                + dataBytes
                + "; fetch the file again");
      }
      if (info.begin() != position) {
        throw new InputException(
            file
                + ": tensor '"
                + entry.getKey()
                + "' begins at byte "
                + info.begin()
                + " of the data and "
                + (info.begin() < position ? "overlaps" : "leaves a gap to")
                + " the one before it, which ends at "
                + position);
      }
      position = info.end();
    }
    if (position != dataBytes) {
      throw new InputException(
          file + " has " + (dataBytes - position) + " bytes after its last tensor; it is damaged");
    }
  }

  /** The header as JSON, padded with spaces to a multiple of 8 bytes. */
  byte[] encode() {
    ObjectNode root = JSON.createObjectNode();
    if (!metadata.isEmpty()) {
      ObjectNode texts = root.putObject(METADATA);
      metadata.forEach(texts::put);
    }
    tensors.forEach(
        (name, info) -> {
          ObjectNode node = root.putObject(name);
          node.put("dtype", info.type().name());
          ArrayNode shape = node.putArray("shape");
          info.shape().forEach(shape::add);
          node.putArray("data_offsets").add(info.begin()).add(info.end());
        });
    try {
      byte[] json = JSON.writeValueAsBytes(root);
      byte[] padded = Arrays.copyOf(json, (json.length + 7) / 8 * 8);
      Arrays.fill(padded, json.length, padded.length, (byte) ' ');
      return padded;
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }
}
