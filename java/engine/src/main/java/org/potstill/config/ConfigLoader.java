package org.potstill.config;

import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.potstill.errors.InputException;
import org.snakeyaml.engine.v2.nodes.Node;

/**
 * Reads a configuration: a YAML file, settings that override it, and defaults, most of them of the
 * paper, for everything else.
 */
public final class ConfigLoader {

  private static final String KEEP = "prune.keep";

  private static final Path WORKING_DIRECTORY = Path.of("").toAbsolutePath();

  private ConfigLoader() {}

  /**
   * The configuration in {@code file}. Relative paths in the file are relative to its folder, those
   * of {@code overrides} to the working directory.
   *
   * @param overrides as {@code key.path=value}, the value in YAML; later ones win
   * @throws InputException with everything that is wrong: file, line, key, what was found and what
   *     is allowed
   */
  public static Config load(Path file, List<String> overrides) {
    return loadWith(ConfigFile.read(file), overrides.stream().map(Setting::parse).toList());
  }

  /** As {@link #load(Path, List)}, with overrides that come from other options than --set. */
  public static Config loadWith(ConfigFile file, List<Setting> overrides) {
    SweepSection.refuseIn(file);
    return parse(file.path().toString(), file.path(), file.root(), overrides, reader -> {});
  }

  /**
   * A configuration without a file, for callers that embed Potstill.
   *
   * @param settings as {@code key.path=value}, at least {@code data.source}; relative paths are
   *     relative to the working directory
   * @throws InputException as {@link #load(Path, List)}
   */
  public static Config of(String... settings) {
    List<Setting> overrides = List.of(settings).stream().map(Setting::ofProgram).toList();
    Node nothing = YamlText.compose("the settings", "{}").orElseThrow();
    return parse(null, WORKING_DIRECTORY.resolve("potstill"), nothing, overrides, reader -> {});
  }

  /**
   * What {@code file} or {@code overrides} set and {@code config} does not use, in a sentence each.
   * Nothing is wrong with it, since {@code --set prune.mode=none} is to be enough for a file with a
   * share; but who writes both side by side, or overrides the share, may expect something else.
   *
   * @param config as it was loaded from them
   */
  public static List<String> unused(ConfigFile file, List<Setting> overrides, Config config) {
    double keep = config.prune().keep();
    if (config.prune().mode() != PruneConfig.Mode.NONE || keep == 1) {
      return List.of();
    }
    ConfigReader reader = new ConfigReader(new Problems(file.path().toString()));
    reader.read("", file.root(), origin(file.path()));
    boolean sideBySide = reader.values().keySet().containsAll(Set.of("prune.mode", KEEP));
    overrides.forEach(setting -> apply(setting, reader));
    boolean overridden = keys(overrides).contains(KEEP);
    return sideBySide || overridden
        ? List.of(
            (overridden ? "" : file.path() + ", ")
                + reader.place(KEEP)
                + ": "
                + KEEP
                + ": "
                + Numbers.plain(keep)
                + " has no effect, since prune.mode none keeps all images")
        : List.of();
  }

  /** Where settings of {@code file} come from. */
  static Origin origin(Path file) {
    return new Origin(null, file.toAbsolutePath().getParent());
  }

  /**
   * A configuration from its YAML.
   *
   * @param name what error messages call it; null for settings without a file
   * @param file where it stands; relative paths are relative to its folder
   * @param last reads settings that override all others
   */
  static Config parse(
      String name, Path file, Node root, List<Setting> overrides, Consumer<ConfigReader> last) {
    Problems problems = new Problems(name);
    ConfigReader reader = new ConfigReader(problems);
    reader.read("", root, origin(file));
    overrides.forEach(setting -> apply(setting, reader));
    last.accept(reader);
    requireAll(reader, problems);
    problems.throwIfAny();
    Settings settings = new Settings(reader.values(), stem(file));
    ConfigChecks.check(settings, reader, problems);
    problems.throwIfAny();
    return bind(settings);
  }

  /** The keys that settings are of. */
  static Set<String> keys(List<Setting> overrides) {
    ConfigReader reader = new ConfigReader(new Problems(null));
    overrides.forEach(setting -> apply(setting, reader));
    return reader.values().keySet();
  }

  private static void apply(Setting setting, ConfigReader reader) {
    Node node = YamlText.compose(setting.option(), setting.value() + "\n").orElse(null);
    if (node == null) {
      // Nothing after '=': what YAML calls null.
      node = YamlText.compose(setting.option(), "null\n").orElseThrow();
    }
    reader.read(setting.path(), node, new Origin(setting.option(), WORKING_DIRECTORY));
  }

  private static void requireAll(ConfigReader reader, Problems problems) {
    for (Key key : ConfigKeys.all()) {
      if (key.isRequired() && problems.isEmpty() && !reader.values().containsKey(key.path())) {
        problems.add("", key.path() + ": is required; allowed: " + key.type().allowed());
      }
    }
  }

  private static Config bind(Settings settings) {
    return RecordBinder.bind(
        Config.class,
        "",
        settings::get,
        section ->
            ConfigKeys.all().stream()
                .filter(key -> key.section().equals(section))
                .anyMatch(key -> !ConfigKeys.inForce(key, settings)));
  }

  private static String stem(Path file) {
    String name = file.getFileName().toString();
    int dot = name.lastIndexOf('.');
    return dot <= 0 ? name : name.substring(0, dot);
  }
}
