package org.potstill.config;

import java.util.LinkedHashMap;
import java.util.Map;

/** The values of a configuration by key path, for comparing and fingerprinting. */
public final class ConfigValues {

  private ConfigValues() {}

  /**
   * Every key with its value in one canonical spelling (YAML on one line), in the order of the
   * documentation; equal configurations have equal values.
   */
  public static Map<String, String> of(Config config) {
    Map<String, String> canonical = new LinkedHashMap<>();
    yaml(config).forEach((path, value) -> canonical.put(path, YamlText.inline(value)));
    return canonical;
  }

  /** Every key with its value as it stands in a YAML file. */
  static Map<String, Object> yaml(Config config) {
    Map<String, Object> values = RecordBinder.unbind(config, "");
    Map<String, Object> ordered = new LinkedHashMap<>();
    for (Key key : ConfigKeys.all()) {
      if (values.containsKey(key.path())) {
        ordered.put(key.path(), key.type().toYaml(values.get(key.path())));
      }
    }
    return ordered;
  }
}
