package org.potstill.config;

import java.nio.file.Path;
import java.util.Map;

/** A config to begin with: every key with a line on what it is, most of them commented out. */
public final class ConfigTemplate {

  private static final String EXAMPLE_SOURCE = "builtin:fashion-mnist-mini";

  private static final Settings EXAMPLE =
      new Settings(Map.of("data.source", EXAMPLE_SOURCE), "potstill");

  private static final String HEADER =
      """
      # Configuration of Potstill. Keys behind a # show their defaults: take the # away to set them.
      # Relative paths are relative to this file.
      """;

  private ConfigTemplate() {}

  /**
   * The text of the config.
   *
   * @param schema path or address of the JSON Schema for editors; null leaves the line out
   */
  public static String yaml(String schema) {
    StringBuilder text = new StringBuilder();
    if (schema != null) {
      text.append("# yaml-language-server: $schema=").append(schema).append('\n');
    }
    text.append(HEADER);
    for (String section : ConfigKeys.namesIn("")) {
      text.append('\n');
      // Experts belong to one method only; their section is an error with the others.
      text.append(section.equals(ConfigKeys.EXPERTS) ? "#" : "").append(section).append(":\n");
      for (Key key : ConfigKeys.all()) {
        if (key.path().startsWith(section + ".")) {
          append(text, key, section);
        }
      }
    }
    return text.toString();
  }

  private static void append(StringBuilder text, Key key, String section) {
    String indent = "  ".repeat((int) key.path().chars().filter(c -> c == '.').count());
    boolean inner = !key.section().equals(section);
    if (inner && key.name().equals(ConfigKeys.namesIn(key.section()).get(0))) {
      String name = key.section().substring(key.section().lastIndexOf('.') + 1);
      text.append(indent.substring(2)).append('#').append(name).append(":\n");
    }
    String prefix = indent + (inner || !key.common() ? "#" : "");
    text.append("  # ").append(key.about());
    text.append(" Allowed: ").append(key.type().allowed()).append(".\n");
    text.append(prefix).append(key.name()).append(": ").append(value(key)).append('\n');
  }

  private static String value(Key key) {
    if (key.isRequired()) {
      return EXAMPLE_SOURCE;
    }
    if (key.isComputed()) {
      Object value = relative(EXAMPLE.get(key.path()), key);
      return YamlText.inline(value) + "  # by default " + key.fallbackWords();
    }
    return ConfigSchema.defaultOf(key);
  }

  private static Object relative(Object value, Key key) {
    return value instanceof Path path
        ? Path.of("").toAbsolutePath().relativize(path).toString()
        : key.type().toYaml(value);
  }
}
