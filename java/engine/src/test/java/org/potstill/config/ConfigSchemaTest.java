package org.potstill.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.networknt.schema.InputFormat;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import com.networknt.schema.ValidationMessage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

class ConfigSchemaTest {

  private static Set<ValidationMessage> violations(String yaml) throws Exception {
    JsonSchema schema =
        JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V7).getSchema(ConfigSchema.json());
    Object tree = new Load(LoadSettings.builder().build()).loadFromString(yaml);
    String json = new ObjectMapper().writeValueAsString(tree);
    return schema.validate(json, InputFormat.JSON);
  }

  @ParameterizedTest
  @MethodSource("org.potstill.config.ConfigWriterTest#settings")
  void resolvedConfigsAreValid(List<String> settings) throws Exception {
    Config config = ConfigLoader.of(settings.toArray(String[]::new));
    assertEquals(Set.of(), violations(ConfigWriter.toYaml(config)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        "data: {}",
        "data:",
        "{distill.method: dm}",
        "data: {source: ftp}",
        "{data: {source: 'idx:d'}, prune: {keep: 1.5}}",
        "{data: {source: 'idx:d'}, prune: {kep: 0.5}}",
        "{data: {source: 'idx:d'}, distill: {network: {depth: deep}}}",
        "{data: {source: 'idx:d'}, distill: {augment: colour}}",
        "{data: {source: 'idx:d'}, evaluate: {networks: [lenet]}}",
        "{data: {source: 'idx:d'}, sweep: {}}",
        "{data: {source: 'idx:d'}, evaluate: {networks: []}}",
        "{data: {source: 'idx:d'}, evaluate: {networks: [vit, vit]}}",
        "{data: {source: 'idx:d'}, distill: {momentum: 1}}",
        "{data: {source: 'idx:d'}, run: {threads: -1}}",
        "{data: {source: 'idx:d'}, run: {threads: 1025}}",
        "{data: {source: 'idx:d'}, run: {out: null}}",
        "{data: {source: 'idx:d'}, run: {out: ''}}",
      })
  void badConfigsAreNot(String yaml) throws Exception {
    assertFalse(violations(yaml).isEmpty());
  }

  @ParameterizedTest
  @MethodSource({
    "org.potstill.config.ExamplesTest#examples",
    "org.potstill.config.ExamplesTest#tables"
  })
  void examplesAreValid(Path example) throws Exception {
    assertEquals(Set.of(), violations(Files.readString(example)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{data.source: 'idx:d', distill.method: dm, distill: {network.depth: 3}}",
        "sweep: {over: {data.source: ['idx:a', 'idx:b']}}"
      })
  void keysMayBePathsAndSetByAnAxis(String yaml) throws Exception {
    assertEquals(Set.of(), violations(yaml));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{data: {source: 'idx:d'}, evaluate: {baselines: [], networks: [vit, resnet18]}}",
        "{data: {source: 'idx:d', mean: [0.5, 0.5, 0.5]}, score: {from: null}}",
        "{data: {source: 'idx:d'}, run: {threads: 1024, out: runs/a}}",
      })
  void goodConfigsAre(String yaml) throws Exception {
    assertEquals(Set.of(), violations(yaml));
  }

  @Test
  void everyKeyIsDescribedWithItsDefault() throws Exception {
    JsonNode root = new ObjectMapper().readTree(ConfigSchema.json());
    for (Key key : ConfigKeys.all()) {
      JsonNode found = root;
      for (String name : key.path().split("\\.", -1)) {
        found = found.path("properties").path(name);
      }
      String text = found.path("description").asText();
      assertTrue(text.startsWith(key.about()), key.path() + ": " + text);
      assertEquals(!key.isRequired(), text.contains(" Default: "), key.path() + ": " + text);
    }
    assertEquals(
        "Momentum of SGD on the images. Default: 0.5.",
        root.at("/properties/distill/properties/momentum/description").asText());
  }

  @Test
  void newConfigIsValid() throws Exception {
    assertEquals(Set.of(), violations(ConfigTemplate.yaml(null)));
  }
}
