package org.potstill.run;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.potstill.errors.InputException;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/**
 * The resolved configuration as it stands in the run directory, of whatever version of Potstill.
 *
 * @param text the YAML
 * @param values the same, parsed
 */
public record ConfigText(String text, Map<?, ?> values) {

  /** Name in the run directory. */
  public static final String FILE = "config.yaml";

  private static final String ANEW =
      ", or delete it and continue the run with the config that it began with (run CONFIG"
          + " --resume)";

  /**
   * Reads it.
   *
   * @throws InputException where it cannot be read or is no mapping
   */
  public static ConfigText read(Path file) {
    try {
      String text = Files.readString(file);
      Object values = new Load(LoadSettings.builder().build()).loadFromString(text);
      if (values instanceof Map<?, ?> map) {
        return new ConfigText(text, map);
      }
      throw new InputException(file + " is not the config of a run; put it back" + ANEW);
    } catch (YamlEngineException e) {
      throw new InputException(file + " is damaged: " + problem(e) + "; put it back" + ANEW, e);
    } catch (IOException e) {
      throw new InputException("cannot read " + file + ": " + JsonErrors.reason(e), e);
    }
  }

  /** The parser's own message goes over many lines. */
  private static String problem(YamlEngineException error) {
    if (error instanceof MarkedYamlEngineException marked) {
      String line =
          marked.getProblemMark().map(mark -> "line " + (mark.getLine() + 1) + ": ").orElse("");
      return line + marked.getProblem();
    }
    return String.valueOf(error.getMessage()).lines().findFirst().orElse("it is no YAML");
  }

  /** Every value that is no mapping, by its key path, in the order of the file. */
  public Map<String, Object> byPath() {
    Map<String, Object> all = new LinkedHashMap<>();
    add(all, "", values);
    return all;
  }

  private static void add(Map<String, Object> all, String before, Map<?, ?> part) {
    part.forEach(
        (key, value) -> {
          if (value instanceof Map<?, ?> more) {
            add(all, before + key + ".", more);
          } else {
            all.put(before + key, value);
          }
        });
  }

  /** The value at a key path such as {@code prune.mode} as text, {@code missing} where absent. */
  public String text(String keyPath, String missing) {
    Object value = values;
    for (String key : keyPath.split("\\.", -1)) {
      value = value instanceof Map<?, ?> map ? map.get(key) : null;
    }
    return value == null ? missing : String.valueOf(value);
  }
}
