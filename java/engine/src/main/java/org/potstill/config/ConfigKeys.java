package org.potstill.config;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Every key of the configuration, in the order in which it is written. */
final class ConfigKeys {

  /** The section that only trajectory matching has. */
  static final String EXPERTS = "experts";

  /** The section that only latent spaces have. */
  static final String PRIOR = "distill.prior";

  /** The section that only latents of a diffusion model have. */
  static final String DIFFUSION = "distill.prior.diffusion";

  private static final List<Key> ALL =
      Stream.of(
              InputKeys.run(),
              InputKeys.data(),
              InputKeys.score(),
              InputKeys.prune(),
              OutputKeys.experts(),
              OutputKeys.distill(),
              OutputKeys.evaluate())
          .flatMap(List::stream)
          .toList();

  private static final Map<String, Key> BY_PATH =
      ALL.stream()
          .collect(
              Collectors.toMap(Key::path, Function.identity(), (a, b) -> a, LinkedHashMap::new));

  private ConfigKeys() {}

  /** All keys, in order. */
  static List<Key> all() {
    return ALL;
  }

  /** The key of that path; null where there is none. */
  static Key byPath(String path) {
    return BY_PATH.get(path);
  }

  /** Whether {@code path} is that of a section; the empty path is the whole file. */
  static boolean isSection(String path) {
    String prefix = path.isEmpty() ? "" : path + ".";
    return ALL.stream().anyMatch(key -> key.path().startsWith(prefix));
  }

  /** Names of the keys and sections that stand directly in the section {@code path}. */
  static List<String> namesIn(String path) {
    String prefix = path.isEmpty() ? "" : path + ".";
    return ALL.stream()
        .filter(key -> key.path().startsWith(prefix))
        .map(key -> key.path().substring(prefix.length()).replaceFirst("\\..*", ""))
        .distinct()
        .toList();
  }

  /** Whether the key means anything with these settings. */
  static boolean inForce(Key key, Settings settings) {
    return switch (key.section()) {
      case EXPERTS -> settings.text("distill.method").equals("mtt");
      case PRIOR -> !settings.text("distill.space").equals("pixel");
      case DIFFUSION -> settings.text("distill.space").equals("ld3m");
      default -> true;
    };
  }

  /** Why a key that is not in force means nothing, to follow "is set, but". */
  static String whyNotInForce(Key key, Settings settings) {
    return switch (key.section()) {
      case EXPERTS ->
          "only distill.method mtt has experts and the method is "
              + settings.text("distill.method");
      case DIFFUSION ->
          "only distill.space ld3m has a diffusion model and the space is "
              + settings.text("distill.space");
      default ->
          "only distill.space glad and ld3m have a prior and the space is "
              + settings.text("distill.space");
    };
  }
}
