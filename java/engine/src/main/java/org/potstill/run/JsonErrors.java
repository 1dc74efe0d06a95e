package org.potstill.run;

import com.fasterxml.jackson.core.JsonProcessingException;
import java.io.IOException;
import org.potstill.errors.FileErrors;

/** What to tell of a JSON file that cannot be read. */
public final class JsonErrors {

  private JsonErrors() {}

  /** The message without the parser's remarks on where the text came from, with the line. */
  public static String reason(Exception error) {
    if (error instanceof JsonProcessingException json) {
      String line = json.getLocation() == null ? "" : ", line " + json.getLocation().getLineNr();
      // What one of our own classes refuses is told in its own words.
      String message =
          json.getCause() instanceof IllegalArgumentException own
              ? own.getMessage()
              : withoutPlaces(json.getOriginalMessage());
      return "damaged JSON" + line + ": " + message;
    }
    return error instanceof IOException ofFile
        ? FileErrors.reason(null, ofFile)
        : error.getMessage();
  }

  private static String withoutPlaces(String message) {
    return message.replaceAll("\\s*(\\(start marker )?at \\[Source.*", "");
  }
}
