package org.potstill.config;

import java.util.LinkedHashMap;
import java.util.Map;
import org.potstill.run.RunDirectory;

/** Writes a configuration with every default spelt out. */
public final class ConfigWriter {

  private static final String HEADER =
      RunDirectory.CONFIG_MARK + " Running it again repeats the run.\n";

  private ConfigWriter() {}

  /** YAML that {@link ConfigLoader} reads back into an equal configuration. */
  public static String toYaml(Config config) {
    Map<String, Object> root = new LinkedHashMap<>();
    ConfigValues.yaml(config).forEach((path, value) -> put(root, path, value));
    return HEADER + YamlText.block(root);
  }

  @SuppressWarnings("unchecked")
  private static void put(Map<String, Object> root, String path, Object value) {
    Map<String, Object> section = root;
    String[] names = path.split("\\.", -1);
    for (int i = 0; i < names.length - 1; i++) {
      section =
          (Map<String, Object>)
              section.computeIfAbsent(names[i], name -> new LinkedHashMap<String, Object>());
    }
    section.put(names[names.length - 1], value);
  }
}
