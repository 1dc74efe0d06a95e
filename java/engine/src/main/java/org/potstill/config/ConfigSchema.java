package org.potstill.config;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;

/** The JSON Schema of the configuration, by which editors complete and check it. */
public final class ConfigSchema {

  private static final String DRAFT = "http://json-schema.org/draft-07/schema#";

  private ConfigSchema() {}

  /** The schema as JSON text. */
  public static String json() {
    ObjectNode root = JsonNodeFactory.instance.objectNode();
    root.put("$schema", DRAFT).put("title", "Potstill configuration");
    section(root);
    ConfigKeys.all().forEach(key -> add(root, key));
    addSweep((ObjectNode) root.get("properties"));
    return root.toPrettyString() + "\n";
  }

  private static void add(ObjectNode root, Key key) {
    ObjectNode section = root;
    for (String name : key.section().split("\\.", -1)) {
      ObjectNode properties = (ObjectNode) section.get("properties");
      if (!properties.has(name)) {
        section(properties.putObject(name));
      }
      section = (ObjectNode) properties.get(name);
    }
    ObjectNode schema = ((ObjectNode) section.get("properties")).putObject(key.name());
    schema.put("description", description(key));
    key.type().describe(schema);
    if (key.isRequired()) {
      require(root, key);
    }
  }

  /** In its section, as a path, or in a sweep, where an axis may set it. */
  private static void require(ObjectNode root, Key key) {
    ArrayNode either = root.withArray("allOf").addObject().putArray("anyOf");
    ObjectNode nested = either.addObject();
    for (String name : key.section().split("\\.", -1)) {
      nested.putArray("required").add(name);
      nested = nested.putObject("properties").putObject(name).put("type", "object");
    }
    nested.putArray("required").add(key.name());
    either.addObject().putArray("required").add(key.path());
    either.addObject().putArray("required").add(SweepSection.NAME);
  }

  /** Its keys are the user's own, so that only its frame can be told. */
  private static void addSweep(ObjectNode properties) {
    ObjectNode sweep = properties.putObject(SweepSection.NAME);
    sweep.put("description", "What varies, for the command sweep.").put("type", "object");
    sweep.put("additionalProperties", false);
    ObjectNode parts = sweep.putObject("properties");
    parts
        .putObject(SweepSection.OVER)
        .put("description", "By key a list of values, or by name a section of values.")
        .put("type", "object");
    parts
        .putObject(SweepSection.PUBLISHED)
        .put("description", "By figure, then by value along every axis, percent.")
        .put("type", "object");
    sweep.putArray("required").add(SweepSection.OVER);
  }

  private static void section(ObjectNode schema) {
    schema.putArray("type").add("object").add("null");
    schema.put("additionalProperties", false).putObject("properties");
    // Paths of keys, which are not completed: they would hide the sections.
    schema.putObject("patternProperties").putObject("\\.");
  }

  private static String description(Key key) {
    if (key.isRequired()) {
      return key.about();
    }
    return key.about() + " Default: " + defaultOf(key) + ".";
  }

  /** The default of a key in words; the value itself where it is fixed. */
  static String defaultOf(Key key) {
    if (key.isRequired()) {
      return "none, required";
    }
    return key.isComputed()
        ? key.fallbackWords()
        : YamlText.inline(key.type().toYaml(key.fallback().apply(null)));
  }
}
