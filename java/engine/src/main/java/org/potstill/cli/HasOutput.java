package org.potstill.cli;

/** A command with options on what it says. */
interface HasOutput {

  /** Those options. */
  Output output();
}
