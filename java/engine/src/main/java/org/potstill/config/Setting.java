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
    return parse("--set " + text, text);
  }

  /** The same of a program, which has no options. */
  static Setting ofProgram(String text) {
    return parse(text, text);
  }

  private static Setting parse(String option, String text) {
    int equals = text.indexOf('=');
    if (equals <= 0) {
      throw new InputException(option + ": found no key.path=value, for example prune.keep=0.5");
    }
    String path = text.substring(0, equals).strip();
    return new Setting(option, path, text.substring(equals + 1));
  }
}
