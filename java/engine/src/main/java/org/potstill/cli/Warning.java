package org.potstill.cli;

import java.util.LinkedHashMap;
import java.util.Map;

/** Warnings that a command has itself; those of a run come through its listener. */
final class Warning {

  private Warning() {}

  /**
   * Writes one: to standard error, or with {@code --json} as an event to standard output.
   *
   * @param stage what it is about; null where the message says it
   */
  static void print(Streams streams, Output output, String stage, String message) {
    if (output.json()) {
      Map<String, Object> event = new LinkedHashMap<>();
      event.put("event", "warning");
      event.put("stage", stage);
      event.put("message", message);
      JsonLines.print(streams.out(), event);
    } else {
      streams.err().println("warning: " + (stage == null ? "" : stage + ": ") + message);
    }
  }
}
