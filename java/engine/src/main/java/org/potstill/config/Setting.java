package org.potstill.config;

import org.potstill.errors.InputException;

/**
 * A setting that overrides the file.
 *
 * @param option what error messages call it, for example {@code --set prune.keep=0.5}
 * @param path of the key
 * @param value in YAML
 */
public record Setting(String option, String path, String value) {

  /**
   * A setting as {@code key.path=value}.
   *
   * @throws InputException where it has no '='
   */
  public static Setting parse(String text) {
    int equals = text.indexOf('=');
    if (equals <= 0) {
      throw new InputException(
          "--set " + text + ": found no key.path=value, for example prune.keep=0.5");
    }
    String path = text.substring(0, equals).strip();
    return new Setting("--set " + text, path, text.substring(equals + 1));
  }
}
